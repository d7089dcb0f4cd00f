//! The C ABI: types that cross, and the functions. `include/holdover.h` is made from this module and nothing else.
#![allow(
    unsafe_code,
    reason = "it is a C ABI: exported names, and pointers that callers promise things about"
)]

mod calls;
mod codes;
mod lifetime;
#[cfg(feature = "testing")]
mod stories;
mod types;

pub use calls::*;
pub use codes::*;
pub use lifetime::*;
#[cfg(feature = "testing")]
pub use stories::*;
pub use types::*;
