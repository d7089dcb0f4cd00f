//! What the property tests share: a rich schema, random messages and plans over it, and every other way to encode a
//! message.

pub(crate) mod policy;
pub(crate) mod scramble;
pub(crate) mod tape;
pub(crate) mod types;

use std::sync::LazyLock;

use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DescriptorPool, MessageDescriptor};

pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let file = |name: &str, text: &str| protox_parse::parse(name, text).expect("the test schema parses");
    let set = FileDescriptorSet {
        file: vec![
            file("rich2.proto", include_str!("rich2.proto")),
            file("rich3.proto", include_str!("rich3.proto")),
        ],
    };
    DescriptorPool::from_file_descriptor_set(set).expect("the test schema links")
});

/// A message type of the test schema.
pub(crate) fn message(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(name).expect("the test schema has the type")
}
