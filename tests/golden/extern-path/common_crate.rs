//! What another crate would have generated of `common`, by hand.

use holdover::prost;

/// `common.Money`
#[derive(Clone, PartialEq, PartialOrd, prost::Message)]
#[prost(prost_path = "prost")]
pub struct Money {
    /// `currency`
    #[prost(string, optional, tag = "1")]
    pub currency: Option<String>,
}

/// Nested messages.
pub mod money {
    use holdover::prost;

    /// `common.Money.Kind`
    #[derive(Clone, PartialEq, prost::Message)]
    #[prost(prost_path = "prost")]
    pub struct Kind {
        /// `name`
        #[prost(string, tag = "1")]
        pub name: String,
    }
}

/// `common.Color`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[prost(prost_path = "prost")]
#[repr(i32)]
pub enum Color {
    /// `COLOR_UNSPECIFIED`
    Unspecified = 0,
    /// `COLOR_RED`
    Red = 1,
}
