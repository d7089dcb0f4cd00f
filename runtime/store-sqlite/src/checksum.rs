//! Notices bits that changed on the disk. It keeps nobody out: who can write the file can write the checksum, too.

use crc32fast::Hasher;

/// The checksum of a row, made of its columns.
pub(crate) struct Checksum(Hasher);

impl Checksum {
    /// Rows of different tables never have the same columns.
    pub(crate) fn of(table: &str) -> Self {
        Self(Hasher::new()).bytes(table.as_bytes())
    }

    /// Adds a column, with its length, so that columns cannot flow into one another.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a column.
    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(crate) fn finish(self) -> i64 {
        i64::from(self.0.finalize())
    }
}
