//! Generated code that belongs to a `.proto`, for languages with one file for each.

use std::collections::BTreeMap;

use super::writer::CodeWriter;
use super::{OutputFile, Package, TargetError};

/// Code, and the `.proto` that it belongs to.
#[derive(Clone, Debug)]
pub struct Piece {
    pub(super) proto: String,
    pub(super) code: CodeWriter,
}

impl Piece {
    pub(super) fn new(proto: &str) -> Self {
        Self { proto: proto.to_owned(), code: CodeWriter::default() }
    }

    /// What is there already, or in another module.
    pub(super) fn nothing() -> Self {
        Self::new("")
    }
}

/// The files of all pieces, each made of what belongs to its `.proto`. Two with one path are refused.
pub(super) fn files(
    pieces: Vec<(&Package<'_>, Vec<Piece>)>,
    file: impl Fn(&str, &CodeWriter) -> Result<OutputFile, TargetError>,
) -> Result<Vec<OutputFile>, TargetError> {
    let mut protos: BTreeMap<String, CodeWriter> = BTreeMap::new();
    for piece in pieces.into_iter().flat_map(|(_, pieces)| pieces).filter(|piece| !piece.code.is_empty()) {
        protos.entry(piece.proto).or_default().append(&piece.code);
    }
    let mut files: Vec<OutputFile> = Vec::new();
    for (proto, code) in &protos {
        let file = file(proto, code)?;
        if files.iter().any(|other| other.path == file.path) {
            return Err(TargetError::Twice { path: file.path.to_string() });
        }
        files.push(file);
    }
    Ok(files)
}
