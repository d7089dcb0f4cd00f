//! Field numbers of `google/protobuf/descriptor.proto`, which descriptor paths are made of.

/// FileDescriptorProto.
pub(crate) mod file {
    pub(crate) const PACKAGE: i32 = 2;
    pub(crate) const DEPENDENCY: i32 = 3;
    pub(crate) const MESSAGE: i32 = 4;
    pub(crate) const ENUM: i32 = 5;
    pub(crate) const SERVICE: i32 = 6;
    pub(crate) const EXTENSION: i32 = 7;
    pub(crate) const OPTIONS: i32 = 8;
}

/// DescriptorProto.
pub(crate) mod message {
    pub(crate) const FIELD: i32 = 2;
    pub(crate) const MESSAGE: i32 = 3;
    pub(crate) const ENUM: i32 = 4;
    pub(crate) const EXTENSION_RANGE: i32 = 5;
    pub(crate) const EXTENSION: i32 = 6;
    pub(crate) const OPTIONS: i32 = 7;
    pub(crate) const ONEOF: i32 = 8;
    pub(crate) const RESERVED_RANGE: i32 = 9;
    pub(crate) const RESERVED_NAME: i32 = 10;
}

/// DescriptorProto.ExtensionRange.
pub(crate) mod extension_range {
    pub(crate) const OPTIONS: i32 = 3;
}

/// FieldDescriptorProto.
pub(crate) mod field {
    pub(crate) const EXTENDEE: i32 = 2;
    pub(crate) const TYPE_NAME: i32 = 6;
    pub(crate) const OPTIONS: i32 = 8;
    pub(crate) const JSON_NAME: i32 = 10;
}

/// OneofDescriptorProto.
pub(crate) mod oneof {
    pub(crate) const OPTIONS: i32 = 2;
}

/// EnumDescriptorProto.
pub(crate) mod enumeration {
    pub(crate) const VALUE: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
    pub(crate) const RESERVED_RANGE: i32 = 4;
    pub(crate) const RESERVED_NAME: i32 = 5;
}

/// EnumValueDescriptorProto.
pub(crate) mod enum_value {
    pub(crate) const OPTIONS: i32 = 3;
}

/// ServiceDescriptorProto.
pub(crate) mod service {
    pub(crate) const METHOD: i32 = 2;
    pub(crate) const OPTIONS: i32 = 3;
}

/// MethodDescriptorProto.
pub(crate) mod method {
    pub(crate) const INPUT: i32 = 2;
    pub(crate) const OUTPUT: i32 = 3;
    pub(crate) const OPTIONS: i32 = 4;
}

/// The name of files, messages, fields, oneofs, enums, enum values, services and methods alike.
pub(crate) const NAME: i32 = 1;

/// Of every options message.
pub(crate) const UNINTERPRETED_OPTION: i32 = 999;
