//! How much work a message from outside may cause.

/// Bounds on the work one message may cause. A message beyond them is an error, never a panic or a runaway loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message, in bytes. At most 4 GiB − 1 has a meaning.
    pub max_bytes: usize,
    /// How deeply messages and groups may be nested, the outermost one included.
    pub max_depth: usize,
    /// How many fields, list elements and map entries a presence check, a key or a tag may look at.
    pub max_items: usize,
    /// How many tags one template may render.
    pub max_tags: usize,
}

impl Limits {
    /// The runtime's defaults: 4 MiB messages, nesting 100 (what protobuf's own decoders allow), one million items and
    /// 1,000 tags a template.
    pub const DEFAULT: Self =
        Self { max_bytes: 4 << 20, max_depth: 100, max_items: 1 << 20, max_tags: 1_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
