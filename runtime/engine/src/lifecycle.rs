//! The state of the app, and what is turned off (rules J1, J5).

/// Where the app is. "Background" in lower case means this, and never a priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppState {
    /// The user sees it.
    #[default]
    Foreground,
    /// The user does not.
    Background,
}

/// What can be turned off: each moves calls towards plain ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Nothing is read from or stored in the cache.
    Cache,
    /// Nothing is trimmed.
    Detail,
    /// Nothing is queued.
    Outbox,
    /// No last message is kept, and no stream is shared or opened again.
    Replay,
}

/// A part that is off.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switch {
    /// Which part.
    pub part: Part,
    /// For which methods ("pricing.v1.Pricing/GetQuote"); `None`: for all.
    pub methods: Option<Vec<String>>,
}
