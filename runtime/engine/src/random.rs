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
        PartitionKey(self.draw())
    }

    /// A seed for hash tables, so that chosen keys cannot collide.
    pub(crate) fn hash_seed(&mut self) -> u64 {
        let bytes = self.draw();
        u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}
