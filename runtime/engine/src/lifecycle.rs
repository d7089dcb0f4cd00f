//! The state of the app (rule J1).

/// Where the app is. "Background" in lower case means this, and never a priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppState {
    /// The user sees it.
    #[default]
    Foreground,
    /// The user does not.
    Background,
}
