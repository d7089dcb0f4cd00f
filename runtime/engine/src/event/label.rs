//! Labels: what an event is called and which method it is about, for logs and meters.

use super::Event;
use crate::call::MethodId;

impl Event {
    /// A stable name, for logs and meters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hit { .. } => "hit",
            Self::Miss { .. } => "miss",
            Self::Joined { .. } => "joined",
            Self::Refreshing { .. } => "refreshing",
            Self::Bypassed { .. } => "bypassed",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::Retrying { .. } => "retrying",
            Self::RetryThrottled { .. } => "retry_throttled",
            Self::RefreshBackoff { .. } => "refresh_backoff",
            Self::RefreshWaits { .. } => "refresh_waits",
            Self::Deferred { .. } => "deferred",
            Self::Offline { .. } => "offline",
            Self::Online { .. } => "online",
            Self::ProbeSent { .. } => "probe_sent",
            Self::ProbeAnswered { .. } => "probe_answered",
            Self::ProbeFailed { .. } => "probe_failed",
            Self::NotStored { .. } => "not_stored",
            Self::Evicted { .. } => "evicted",
            Self::MadeRoom { .. } => "made_room",
            Self::MemoryDropped { .. } => "memory_dropped",
            Self::Invalidated { .. } => "invalidated",
            Self::EverythingInvalidated => "everything_invalidated",
            Self::Withheld { .. } => "withheld",
            Self::Trimmed { .. } => "trimmed",
            Self::DetailRefetched { .. } => "detail_refetched",
            Self::StreamOpened { .. } => "stream_opened",
            Self::StreamShared { .. } => "stream_shared",
            Self::Replayed { .. } => "replayed",
            Self::StreamBroke { .. } => "stream_broke",
            Self::StreamGap { .. } => "stream_gap",
            Self::StreamSkipped { .. } => "stream_skipped",
            Self::StreamSuspended { .. } => "stream_suspended",
            Self::StreamRestored { .. } => "stream_restored",
            Self::SignInRequired { .. } => "sign_in_required",
            Self::SignedIn { .. } => "signed_in",
            Self::StoreFailed { .. } => "store_failed",
            Self::StoreRecovered => "store_recovered",
            Self::StoreRecreated => "store_recreated",
            Self::StoreDistrusted => "store_distrusted",
            Self::PartitionLost => "partition_lost",
            Self::RecordUnreadable { .. } => "record_unreadable",
            Self::SignOutFinished => "sign_out_finished",
            Self::ClockDistrusted => "clock_distrusted",
            Self::PathChanged => "path_changed",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::SwitchesChanged { .. } => "switches_changed",
            Self::SwitchesUnknown { .. } => "switches_unknown",
            Self::QualityChanged { .. } => "quality_changed",
        }
    }

    /// The method that it is about.
    #[must_use]
    pub fn method(&self) -> Option<MethodId> {
        match self {
            Self::Hit { method, .. }
            | Self::Miss { method }
            | Self::Joined { method }
            | Self::Refreshing { method }
            | Self::Bypassed { method, .. }
            | Self::AttemptFailed { method, .. }
            | Self::Retrying { method, .. }
            | Self::RetryThrottled { method }
            | Self::RefreshBackoff { method, .. }
            | Self::RefreshWaits { method }
            | Self::Deferred { method, .. }
            | Self::NotStored { method, .. }
            | Self::Evicted { method }
            | Self::Withheld { method }
            | Self::Trimmed { method, .. }
            | Self::DetailRefetched { method }
            | Self::StreamOpened { method }
            | Self::StreamShared { method }
            | Self::Replayed { method, .. }
            | Self::StreamBroke { method, .. }
            | Self::StreamGap { method }
            | Self::StreamSkipped { method }
            | Self::StreamSuspended { method }
            | Self::StreamRestored { method }
            | Self::RecordUnreadable { method } => Some(*method),
            Self::MadeRoom { .. }
            | Self::MemoryDropped { .. }
            | Self::Invalidated { .. }
            | Self::EverythingInvalidated
            | Self::SignInRequired { .. }
            | Self::SignedIn { .. }
            | Self::StoreFailed { .. }
            | Self::StoreRecovered
            | Self::StoreRecreated
            | Self::StoreDistrusted
            | Self::PartitionLost
            | Self::SignOutFinished
            | Self::ClockDistrusted
            | Self::Offline { .. }
            | Self::Online { .. }
            | Self::ProbeSent { .. }
            | Self::ProbeAnswered { .. }
            | Self::ProbeFailed { .. }
            | Self::PathChanged
            | Self::Paused
            | Self::Resumed
            | Self::SwitchesChanged { .. }
            | Self::SwitchesUnknown { .. }
            | Self::QualityChanged { .. } => None,
        }
    }
}
