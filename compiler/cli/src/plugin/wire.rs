//! The messages between protoc and its plugins, as `google/protobuf/compiler/plugin.proto` has them, with files left encoded:
//! decoding them would drop custom options.

use prost::Message;

/// `google.protobuf.compiler.CodeGeneratorRequest`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(string, repeated, tag = "1")]
    pub(crate) file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    proto_file: Vec<Vec<u8>>,
    /// The files to generate, with options that are not for run time; of newer compilers.
    #[prost(bytes = "vec", repeated, tag = "17")]
    source_file_descriptors: Vec<Vec<u8>>,
}

/// `google.protobuf.FileDescriptorSet`
#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The name of a `google.protobuf.FileDescriptorProto`.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
}

/// `google.protobuf.compiler.CodeGeneratorResponse`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(string, optional, tag = "1")]
    error: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    supported_features: Option<u64>,
    #[prost(message, repeated, tag = "15")]
    file: Vec<File>,
}

/// `google.protobuf.compiler.CodeGeneratorResponse.File`
#[derive(Clone, PartialEq, Message)]
pub(crate) struct File {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "15")]
    pub(crate) content: Option<String>,
}

/// `FEATURE_PROTO3_OPTIONAL`
const PROTO3_OPTIONAL: u64 = 1;

impl Response {
    /// Files, or what protoc shall say.
    pub(crate) fn of(result: Result<Vec<File>, String>) -> Self {
        let (file, error) = match result {
            Ok(files) => (files, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        Self { error, supported_features: Some(PROTO3_OPTIONAL), file }
    }
}

impl Request {
    /// All files as an encoded `FileDescriptorSet`, those to generate with all of their options.
    pub(crate) fn descriptor_set(&self) -> Vec<u8> {
        let name = |file: &[u8]| Named::decode(file).ok().and_then(|named| named.name);
        let complete: Vec<(Option<String>, &Vec<u8>)> =
            self.source_file_descriptors.iter().map(|file| (name(file), file)).collect();
        let file = self.proto_file.iter().map(|file| {
            let own = name(file);
            let better = complete.iter().find(|(other, _)| other.is_some() && *other == own);
            better.map_or(file, |(_, file)| *file).clone()
        });
        FileSet { file: file.collect() }.encode_to_vec()
    }
}
