//! The cache's windows: which row of the table an answer is in (section C).

use crate::fault::{Fault, planted};
use crate::snapshot::Freshness;

/// The three windows of a method, in nanoseconds. The stale ones both start where `fresh_for` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    /// F
    pub(crate) fresh_for: u64,
    /// W
    pub(crate) stale_while_revalidate: u64,
    /// E
    pub(crate) stale_if_error: u64,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    /// 1: serve, no network.
    Fresh = 1,
    /// 2: serve now, refresh behind.
    Revalidate = 2,
    /// 3: network first, the stored answer if that fails.
    IfError = 3,
    /// 4: network only.
    Expired = 4,
}

impl Row {
    pub(crate) fn freshness(self) -> Freshness {
        match self {
            Self::Fresh => Freshness::Fresh,
            Self::Revalidate | Self::IfError => Freshness::Stale,
            Self::Expired => Freshness::Expired,
        }
    }

    /// "Row 2 at best."
    pub(crate) fn at_best_revalidate(self) -> Self {
        self.max(Self::Revalidate)
    }
}

impl Windows {
    /// The row of an answer of this age, in nanoseconds. An invalidated one is never served by rows 1 and 2 (rule D1).
    pub(crate) fn row(&self, age: u64, invalidated: bool) -> Row {
        if invalidated {
            return if age < self.end() { Row::IfError } else { Row::Expired };
        }
        let past = |window: u64| age >= self.fresh_for.saturating_add(window);
        match () {
            () if age < self.fresh_for => Row::Fresh,
            () if age < self.fresh_for.saturating_mul(2) && planted(Fault::FreshForEndsLate) => Row::Fresh,
            () if !past(self.stale_while_revalidate) => Row::Revalidate,
            () if !past(self.stale_if_error) => Row::IfError,
            () => Row::Expired,
        }
    }

    /// The age past which nothing is served: F + max(W, E).
    pub(crate) fn end(&self) -> u64 {
        self.fresh_for.saturating_add(self.stale_while_revalidate.max(self.stale_if_error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Windows = Windows { fresh_for: 10, stale_while_revalidate: 20, stale_if_error: 50 };

    #[test]
    fn rows_change_at_the_ends_of_the_windows() {
        let rows: Vec<Row> = [0, 9, 10, 29, 30, 59, 60, u64::MAX].map(|age| BOTH.row(age, false)).into();
        use Row::{Expired, Fresh, IfError, Revalidate};
        assert_eq!(rows, [Fresh, Fresh, Revalidate, Revalidate, IfError, IfError, Expired, Expired]);
    }

    #[test]
    fn a_longer_revalidate_window_leaves_no_row_three() {
        let windows = Windows { fresh_for: 10, stale_while_revalidate: 50, stale_if_error: 20 };
        assert_eq!(windows.row(59, false), Row::Revalidate);
        assert_eq!(windows.row(60, false), Row::Expired);
    }

    #[test]
    fn an_invalidated_answer_is_in_row_three_as_long_as_any_window_is_open() {
        assert_eq!(BOTH.row(0, true), Row::IfError);
        assert_eq!(BOTH.row(59, true), Row::IfError);
        assert_eq!(BOTH.row(60, true), Row::Expired);
        let none = Windows { fresh_for: 10, stale_while_revalidate: 0, stale_if_error: 0 };
        assert_eq!((none.row(9, true), none.row(10, true)), (Row::IfError, Row::Expired));
    }

    #[test]
    fn windows_do_not_overflow() {
        let endless = Windows { fresh_for: u64::MAX, stale_while_revalidate: 1, stale_if_error: u64::MAX };
        assert_eq!(endless.row(u64::MAX - 1, false), Row::Fresh);
        assert_eq!(endless.end(), u64::MAX);
    }
}
