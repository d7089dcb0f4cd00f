//! Encoded file descriptors, edited without decoding them: prost-types would lose custom options on the way.

use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use prost_types::FileDescriptorProto;

/// FileDescriptorProto's fields for imports: `dependency`, `public_dependency`, `weak_dependency`.
const IMPORTS: [u32; 3] = [3, 10, 11];
/// FileDescriptorProto's `source_code_info`.
const SOURCE_CODE_INFO: u32 = 9;

/// The same file with other imports, and without source information.
pub(crate) fn with_imports(file: &[u8], imports: &FileDescriptorProto) -> Result<Vec<u8>, DecodeError> {
    use prost::Message as _;

    let mut kept = Vec::with_capacity(file.len());
    for field in fields(file) {
        let (number, bytes) = field?;
        if !IMPORTS.contains(&number) && number != SOURCE_CODE_INFO {
            kept.extend_from_slice(bytes);
        }
    }
    // Encoded messages merge when they are joined.
    let imports = FileDescriptorProto {
        dependency: imports.dependency.clone(),
        public_dependency: imports.public_dependency.clone(),
        weak_dependency: imports.weak_dependency.clone(),
        ..FileDescriptorProto::default()
    };
    imports.encode(&mut kept).expect("a vector grows as needed");
    Ok(kept)
}

/// The files of an encoded FileDescriptorSet, still encoded.
pub(crate) fn files(set: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let mut files = Vec::new();
    for field in fields(set) {
        let (number, mut bytes) = field?;
        if number != 1 {
            continue;
        }
        let (_, wire_type) = decode_key(&mut bytes)?;
        prost::encoding::check_wire_type(WireType::LengthDelimited, wire_type)?;
        let len = prost::encoding::decode_varint(&mut bytes)?;
        debug_assert_eq!(usize::try_from(len), Ok(bytes.len()), "`skip_field` has measured it");
        files.push(bytes);
    }
    Ok(files)
}

/// The top-level fields of a message with their numbers, each with its key.
fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u32, &[u8]), DecodeError>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest;
        let read = |rest: &mut &[u8]| {
            let (number, wire_type) = decode_key(rest)?;
            skip_field(wire_type, number, rest, DecodeContext::default())?;
            Ok(number)
        };
        match read(&mut rest) {
            Ok(number) => Some(Ok((number, &start[..start.len() - rest.len()]))),
            Err(error) => {
                rest = &[];
                Some(Err(error))
            }
        }
    })
}
