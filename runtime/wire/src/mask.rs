//! Asking for reduced detail by a field mask in the request: rule F4.

use std::sync::Arc;

use holdover_annotations::policy;
use holdover_annotations::policy::field::Kind;

use crate::cursor::put_varint;
use crate::resolve::{Reader, Table, message_parts};
use crate::schema::{Label, Type, Types};
use crate::{Limits, WireError};

/// The request's own `google.protobuf.FieldMask` field.
#[derive(Clone, Debug)]
pub struct ReadMask {
    /// From the request to the mask.
    steps: Arc<[(u32, Table)]>,
    paths: Table,
}

impl ReadMask {
    pub(crate) fn new(path: &policy::Path, types: &Types, root: u32) -> Result<Self, String> {
        let at = |problem: &str| format!("path `{}`: {problem}", path.text);
        if path.r#type != root {
            return Err(at("it starts at another type than the request's"));
        }
        if path.numbers.is_empty() || path.numbers.len() > 100 {
            return Err(at("it is empty or too long"));
        }
        let mut message = types.get(root).ok_or_else(|| at("its type does not exist"))?;
        let mut steps = Vec::with_capacity(path.numbers.len());
        for &number in &path.numbers {
            let field = message.field(number).ok_or_else(|| at("it names a field that does not exist"))?;
            let singular =
                field.kind == Kind::Message && field.label == Label::Explicit && field.oneof.is_none();
            let target = field.target.filter(|_| singular);
            let target = target.ok_or_else(|| at("it goes through something else than singular messages"))?;
            steps.push((number, Table::sparse(message, only(number))));
            message = types.target(target);
        }
        if !is_field_mask(message) {
            return Err(at("it does not lead to a google.protobuf.FieldMask"));
        }
        Ok(Self { steps: steps.into(), paths: Table::sparse(message, only(PATHS)) })
    }

    /// Appends the mask to the encoded request unless the caller has set one. Whether it was appended.
    ///
    /// Appending is enough: a decoder merges the occurrences of a singular message.
    ///
    /// # Errors
    ///
    /// The request is not protobuf or beyond the limits; it is left as it was.
    pub fn fill(
        &self,
        request: &mut Vec<u8>,
        paths: &[impl AsRef<str>],
        limits: &Limits,
    ) -> Result<bool, WireError> {
        if self.is_set(request, limits)? {
            return Ok(false);
        }
        let mut body = Vec::new();
        for path in paths {
            put_len(&mut body, PATHS, path.as_ref().as_bytes());
        }
        for (number, _) in self.steps.iter().rev() {
            let mut outer = Vec::with_capacity(body.len() + 8);
            put_len(&mut outer, *number, &body);
            body = outer;
        }
        request.extend_from_slice(&body);
        Ok(true)
    }

    /// Whether the request has a mask with a path in it.
    ///
    /// # Errors
    ///
    /// The request is not protobuf or beyond the limits.
    pub fn is_set(&self, request: &[u8], limits: &Limits) -> Result<bool, WireError> {
        let mut reader = Reader::new(request, limits)?;
        let mut depth = reader.outermost()?;
        let mut parts = vec![request];
        for (_, table) in self.steps.iter() {
            let (found, _) = reader.resolve(&parts, table, depth)?;
            parts = message_parts(found.iter().map(|found| found.value));
            depth = depth.enter()?;
        }
        let (found, _) = reader.resolve(&parts, &self.paths, depth)?;
        Ok(!found.is_empty())
    }
}

/// `google.protobuf.FieldMask.paths`.
const PATHS: u32 = 1;

fn is_field_mask(message: &Type) -> bool {
    message.name == "google.protobuf.FieldMask"
        && message
            .field(PATHS)
            .is_some_and(|paths| paths.kind == Kind::String && paths.label == Label::Repeated)
}

fn only(number: u32) -> impl Fn(&crate::schema::Field) -> Option<u32> {
    move |field| (field.number == number).then_some(0)
}

fn put_len(out: &mut Vec<u8>, number: u32, body: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, body.len() as u64);
    out.extend_from_slice(body);
}
