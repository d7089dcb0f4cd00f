//! Work on encoded bytes against the same work by reflection, over random messages, plans and encodings.

mod prune;
mod read;
mod support;
