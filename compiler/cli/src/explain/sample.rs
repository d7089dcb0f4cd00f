//! What trimming saves on a sample.

use std::fmt;
use std::path::Path;

use holdover_build::files::read_named;
use holdover_compiler::pipeline::Compilation;
use holdover_wire::{Limits, Schema};
use prost::bytes::Bytes;
use serde::Serialize;

use crate::failure::Failure;

/// A sample, measured.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// The file.
    file: String,
    /// How many bytes it has.
    full: usize,
    /// How many a poor network leaves of them; nothing where answers are never trimmed.
    reduced: Option<usize>,
    /// Why a client would not use it.
    unusable: Option<String>,
}

impl Sample {
    /// Trims a sample as a server would. The method's full name has a slash: `pricing.v1.Pricing/GetQuote`.
    pub(super) fn measure(path: &Path, method: &str, compilation: &Compilation) -> Result<Self, Failure> {
        let message = Bytes::from(read_named(path)?);
        let wrong = |reason: String| {
            Failure::Usage(format!("{} is not one encoded response of {method}: {reason}", path.display()))
        };
        let schema = Schema::new(&compilation.policy).map_err(|error| wrong(error.to_string()))?;
        let limits = Limits { max_bytes: message.len().max(Limits::DEFAULT.max_bytes), ..Limits::DEFAULT };
        let compiled = schema.method(&format!("/{method}"));
        let pruner = compiled.and_then(|method| method.response_pruner());
        let pruned = pruner.map(|pruner| pruner.prune(&message, &limits)).transpose();
        let pruned = pruned.map_err(|error| wrong(error.to_string()))?;
        let presence = compiled.and_then(|method| method.presence());
        let unusable = presence.and_then(|presence| presence.check(&message, &limits).err());
        Ok(Self {
            file: path.display().to_string(),
            full: message.len(),
            reduced: pruned.map(|pruned| pruned.message.len()),
            unusable: unusable.map(|error| error.to_string()),
        })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sample {}", self.file)?;
        writeln!(f, "  complete           {}", bytes(self.full))?;
        match self.reduced {
            None => writeln!(f, "  this method's answers are never trimmed")?,
            Some(reduced) => {
                let saved = self.full.saturating_sub(reduced);
                let percent = saved * 100 / self.full.max(1);
                writeln!(f, "  on a poor network  {}", bytes(reduced))?;
                writeln!(f, "  saved              {} ({percent} %)", bytes(saved))?;
            }
        }
        if let Some(unusable) = &self.unusable {
            writeln!(f, "  {unusable}")?;
        }
        Ok(())
    }
}

/// `1,234 bytes`.
fn bytes(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let plural = if count == 1 { "byte" } else { "bytes" };
    format!("{text} {plural}")
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn byte_counts_are_readable() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_234_567), "1,234,567 bytes");
    }
}
