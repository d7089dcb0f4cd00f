//! Planted faults: places where a test can make the engine wrong, to prove that its other tests would notice.
//!
//! Each stands last in the condition that it breaks, so that reaching it means that its rule matters just then: what
//! happens next depends on it. Without the feature `faults` all of them are `false`, and cost nothing.

macro_rules! faults {
    ($($name:ident breaks $rule:literal,)*) => {
        /// A fault that can be planted, named by what goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names say what goes wrong")]
        #[allow(unreachable_pub, reason = "public with the feature `faults`")]
        pub enum Fault {
            $($name,)*
        }

        #[cfg(feature = "faults")]
        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The rule that it breaks.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self {
                    $(Self::$name => $rule,)*
                }
            }
        }
    };
}

faults! {
    RejectedCredentialsAreKept breaks "A4",
    StaleIsServedWithoutSignIn breaks "A4",
    DeviceCarriesCredentials breaks "A5",
    PutPassesForFresh breaks "B6",
    FreshForEndsLate breaks "row 1",
    StaleAfterIsIgnored breaks "row 3",
    AgeRunsFromArrival breaks "C1",
    EvictionIsForgotten breaks "C3",
    InterceptionEvicts breaks "C4",
    FlightIsJoinedAcrossDetail breaks "C6",
    OlderAnswerIsStored breaks "C7",
    InvalidatedIsServed breaks "D1",
    CancelledMutationInvalidatesNothing breaks "D1",
    OldGenerationIsStored breaks "D2",
    FlightIsJoinedAcrossInvalidation breaks "D3",
    RequiredIsNotChecked breaks "E2",
    DistrustedClockIsBelieved breaks "E3",
    ReducedPassesForFull breaks "F5",
    ReducedReplacesFull breaks "F6",
    NothingIsRestored breaks "F8",
    ReplayOutlivesItsWindow breaks "G2",
    ReplayPassesForFresh breaks "G2",
    InvalidatedIsReplayed breaks "D1",
    RefusedIsReplayed breaks "G3",
    ReconnectionIsNotMarked breaks "G3",
    StreamIsSharedAcrossDetail breaks "G4",
    StreamsStayInBackground breaks "G4",
    DemandIsIgnored breaks "G5",
    SkippingIsNotMarked breaks "G5",
    ClassFlaps breaks "H3",
    BackgroundRefreshes breaks "B4",
    BackoffServesNothing breaks "C2",
    WaitServesStale breaks "C2",
    RefreshStorm breaks "C9",
    BackoffIsForgotten breaks "C9",
    RefreshesAreUnlimited breaks "C9",
    RetryOverBudget breaks "C9",
    RetryOfOtherCodes breaks "C9",
    PushbackIsIgnored breaks "C9",
    PinnedIsEvicted breaks "E4",
    OneAccountTakesAll breaks "E4",
    SuspensionIsEvidence breaks "H2",
    RefusalIsOffline breaks "H4",
    ProbesNeverStop breaks "H4",
    OfflineModeIsIgnored breaks "I1",
    ServeStaleOutlivesMaxAge breaks "I1",
    DeferralNeverEnds breaks "I2",
    PauseCutsNothing breaks "J1",
    OldPathNeverDrains breaks "J2",
    KillSwitchIsForgotten breaks "J5",
    AccountIsNotInTheKey breaks "A7",
}

#[cfg(feature = "faults")]
mod planting {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::Fault;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
        static REACHED: RefCell<BTreeMap<Fault, u64>> = const { RefCell::new(BTreeMap::new()) };
    }

    /// Makes every engine of this thread wrong in this way, or in none.
    pub fn plant(fault: Option<Fault>) {
        PLANTED.set(fault);
    }

    /// How often each fault's precondition has occurred on this thread since the last time this was asked.
    #[must_use]
    pub fn take_reached() -> BTreeMap<Fault, u64> {
        REACHED.take()
    }

    /// Whether to be wrong here.
    pub(crate) fn planted(fault: Fault) -> bool {
        REACHED.with_borrow_mut(|reached| *reached.entry(fault).or_default() += 1);
        PLANTED.get() == Some(fault)
    }
}

#[cfg(feature = "faults")]
pub(crate) use planting::planted;
#[cfg(feature = "faults")]
pub use planting::{plant, take_reached};

/// Whether to be wrong here: never.
#[cfg(not(feature = "faults"))]
pub(crate) const fn planted(_fault: Fault) -> bool {
    false
}
