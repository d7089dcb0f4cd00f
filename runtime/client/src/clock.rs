//! Time, as the runtime measures it.
//!
//! Ages are measured by the boot clock, which goes on while the device sleeps, and by wall clock across boots (rule E3).
//! Rust's `Instant` stops in sleep on Linux, Android and Apple systems, and a phone sleeps most of the day, so it is
//! not used.

use crate::{BootId, Instant, Now};

/// Where the runtime gets the time from. Cheap: it is read on every call.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Now;

    /// Resolves when the boot clock shows `at`, which may have passed; late is allowed, early is not. Runs on the
    /// runtime's async worker, inside a tokio runtime with its timer enabled.
    ///
    /// A moment and not a duration, which would begin to count whenever it is looked at: time that is turned between
    /// its measuring and that would be lost.
    fn sleep_until(&self, at: Instant) -> futures_util::future::BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(at.since(self.now().boot)))
    }
}

/// The operating system's clocks.
///
/// Linux and Android: `CLOCK_BOOTTIME`. Apple: `CLOCK_MONOTONIC`, which on these systems is the continuous clock
/// (`mach_continuous_time`) and counts sleep. Elsewhere: `Instant`, which counts sleep on Windows.
#[derive(Clone, Debug)]
pub struct SystemClock {
    boot_id: BootId,
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    started: std::time::Instant,
}

impl SystemClock {
    /// Reads the id of this boot. Where the system does not tell, every process counts as a boot of its own, so that
    /// entries of earlier processes are aged by wall clock.
    pub fn new() -> Self {
        Self {
            boot_id: boot_id(),
            #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
            started: std::time::Instant::now(),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    #[allow(clippy::unused_self, reason = "other systems keep their starting moment in self")]
    fn boot_ns(&self) -> u64 {
        use rustix::time::{ClockId, clock_gettime};

        #[cfg(any(target_os = "linux", target_os = "android"))]
        const CLOCK: ClockId = ClockId::Boottime;
        #[cfg(target_vendor = "apple")]
        const CLOCK: ClockId = ClockId::Monotonic;

        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn boot_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { boot_id: self.boot_id, boot: Instant(self.boot_ns()), wall_ms: wall_ms() }
    }
}

fn wall_ms() -> i64 {
    use std::time::SystemTime;

    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

/// Linux and Android publish a random id per boot.
fn boot_id() -> BootId {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(text) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).take(32).collect();
        if let Ok(id) = u128::from_str_radix(&digits, 16) {
            return BootId(id);
        }
    }
    let mut random = [0; 16];
    // Without randomness every process shares boot 0, and ages by the boot clock alone.
    let _ = getrandom::fill(&mut random);
    BootId(u128::from_le_bytes(random))
}
