//! The engine's only source of randomness: a seed, expanded by HMAC-SHA256 in counter mode.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::engine::Seed;
use crate::store::PartitionKey;

pub(crate) struct Random {
    seed: [u8; 32],
    drawn: u64,
}

impl Random {
    pub(crate) fn new(seed: &Seed) -> Self {
        Self { seed: seed.0, drawn: 0 }
    }

    /// 256 bits that nobody can tell from random without the seed.
    fn draw(&mut self) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.seed).expect("HMAC takes keys of any length");
        mac.update(&self.drawn.to_be_bytes());
        self.drawn += 1;
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn partition_key(&mut self) -> PartitionKey {
        PartitionKey::from(self.draw())
    }

    /// A number from 0 on and below 1, for jitter.
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits are all that a float between 0 and 1 can hold evenly.
        let bits = self.hash_seed() >> 11;
        let high = u32::try_from(bits >> 21).unwrap_or(u32::MAX);
        let low = u32::try_from(bits & 0x1f_ffff).unwrap_or(0);
        (f64::from(high) * f64::from(1_u32 << 21) + f64::from(low))
            / (f64::from(1_u32 << 31) * f64::from(1_u32 << 22))
    }

    /// A seed for hash tables, so that chosen keys cannot collide.
    pub(crate) fn hash_seed(&mut self) -> u64 {
        let bytes = self.draw();
        u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}
