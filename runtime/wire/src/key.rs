//! The request part of a cache key: rule E1.

use std::sync::Arc;

use holdover_annotations::policy;
use holdover_annotations::policy::field::Kind;

use crate::cursor::{Depth, put_varint};
use crate::resolve::{Found, Packed, Parts, Reader, Scalar, Table, Value, entry_table, message_parts};
use crate::schema::{Budget, Label, Type, Types, sorted};
use crate::{Limits, WireError};

/// Writes the keyed part of a request in one canonical form, however the request was encoded.
///
/// The form is ours and self-delimiting. A message is the sequence of its keyed, present fields by number; a field is its
/// number (varint), its kind (one byte, as in `FieldDescriptorProto.Type`), the length of its body (four bytes, big
/// endian) and its body. Numbers, bools and enums are eight big-endian bytes, sign-extended, with one NaN and no −0; strings
/// and bytes are themselves; a list repeats its field; a map repeats its field once a key, sorted, with an entry of fields 1
/// and 2. A zero of implicit presence is absent; one of explicit presence is not.
#[derive(Clone, Debug)]
pub struct Keyer {
    nodes: Arc<[Node]>,
}

/// Whether the key says everything about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum KeyOutcome {
    /// Requests with equal bytes mean the same.
    Keyed,
    /// The request has fields that the policy does not know, so no key is safe: bypass the cache.
    UnknownFields,
}

#[derive(Debug)]
struct Node {
    table: Table,
    /// By slot, in the order of numbers.
    fields: Box<[NodeField]>,
}

#[derive(Debug)]
struct NodeField {
    number: u32,
    kind: Kind,
    label: Label,
    /// For messages: an index into [`Keyer::nodes`].
    node: Option<usize>,
    map: Option<Map>,
}

#[derive(Debug)]
struct Map {
    entry: Table,
    key: Kind,
    value: Kind,
    /// Whether the value is keyed.
    with_value: bool,
    /// For messages: an index into [`Keyer::nodes`].
    node: Option<usize>,
}

impl Keyer {
    pub(crate) fn new(
        plan: &policy::KeyPlan,
        types: &Types,
        root: u32,
        budget: &mut Budget,
    ) -> Result<Self, String> {
        if plan.nodes.first().map(|node| node.r#type) != Some(root) {
            return Err("node 0 is not the request".into());
        }
        let compile = |(index, node): (usize, &policy::KeyNode)| {
            compile_node(node, plan, types, budget).map_err(|problem| format!("node {index}: {problem}"))
        };
        Ok(Self { nodes: plan.nodes.iter().enumerate().map(compile).collect::<Result<_, _>>()? })
    }

    /// Appends the key of a request to `out`, which is left as it was unless the outcome is [`KeyOutcome::Keyed`].
    ///
    /// # Errors
    ///
    /// The request is not protobuf, or is beyond the limits: bypass the cache.
    pub fn key(&self, request: &[u8], limits: &Limits, out: &mut Vec<u8>) -> Result<KeyOutcome, WireError> {
        let start = out.len();
        let result = Reader::new(request, limits).and_then(|mut reader| {
            let depth = reader.outermost()?;
            self.message(&[request], 0, depth, &mut reader, out)
        });
        match result {
            Ok(true) => Ok(KeyOutcome::Keyed),
            Ok(false) => {
                out.truncate(start);
                Ok(KeyOutcome::UnknownFields)
            }
            Err(error) => {
                out.truncate(start);
                Err(error)
            }
        }
    }

    /// Whether everything was known.
    fn message(
        &self,
        parts: Parts<'_, '_>,
        node: usize,
        depth: Depth,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let node = &self.nodes[node];
        let (found, unknown) = reader.resolve(parts, &node.table, depth)?;
        if unknown {
            return Ok(false);
        }
        for found in found.chunk_by(|a, b| a.slot == b.slot) {
            // Slots are indexes into `fields`, by construction of the table.
            let field = &node.fields[found[0].slot as usize];
            if !self.field(field, found, depth, reader, out)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn field(
        &self,
        field: &NodeField,
        found: &[Found<'_>],
        depth: Depth,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        if let Some(map) = &field.map {
            return self.map(field, map, found, depth, reader, out);
        }
        if let Some(node) = field.node {
            let depth = depth.enter()?;
            if field.label == Label::Repeated {
                for part in message_parts(found.iter().map(|found| found.value)) {
                    if !record(out, field.number, field.kind, |out| {
                        self.message(&[part], node, depth, reader, out)
                    })? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            let parts = message_parts(found.iter().map(|found| found.value));
            return record(out, field.number, field.kind, |out| {
                self.message(&parts, node, depth, reader, out)
            });
        }
        if field.label == Label::Repeated {
            for found in found {
                if let Value::Packed(bytes) = found.value {
                    for number in Packed::new(bytes, field.kind) {
                        reader.spend()?;
                        put_scalar(out, field.number, field.kind, Scalar::Number(number?));
                    }
                } else if let Some(scalar) = found.value.scalar() {
                    put_scalar(out, field.number, field.kind, scalar);
                }
            }
        } else if let Some(scalar) = found.last().and_then(|found| found.value.scalar())
            && (field.label == Label::Explicit || !scalar.is_zero())
        {
            put_scalar(out, field.number, field.kind, scalar);
        }
        Ok(true)
    }

    fn map(
        &self,
        field: &NodeField,
        map: &Map,
        found: &[Found<'_>],
        depth: Depth,
        reader: &mut Reader,
        out: &mut Vec<u8>,
    ) -> Result<bool, WireError> {
        let (entries, unknown) = reader.map_entries(found, &map.entry, map.key, depth)?;
        if unknown {
            return Ok(false);
        }
        let depth = depth.enter()?;
        for entry in entries {
            let known = record(out, field.number, field.kind, |out| {
                put_scalar(out, 1, map.key, entry.key);
                if !map.with_value {
                    return Ok(true);
                }
                if let Some(node) = map.node {
                    let depth = depth.enter()?;
                    return record(out, 2, map.value, |out| {
                        self.message(&entry.message(), node, depth, reader, out)
                    });
                }
                put_scalar(out, 2, map.value, entry.scalar(map.value));
                Ok(true)
            })?;
            if !known {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn put_head(out: &mut Vec<u8>, number: u32, kind: Kind) {
    put_varint(out, u64::from(number));
    out.push((kind as i32).to_le_bytes()[0]);
}

fn put_scalar(out: &mut Vec<u8>, number: u32, kind: Kind, scalar: Scalar<'_>) {
    put_head(out, number, kind);
    match scalar {
        Scalar::Number(number) => {
            out.extend_from_slice(&8u32.to_be_bytes());
            out.extend_from_slice(&number.to_be_bytes());
        }
        Scalar::Bytes(bytes) => {
            // Messages of 4 GiB and more are refused before they are read.
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// Appends a field whose body `write` appends.
fn record(
    out: &mut Vec<u8>,
    number: u32,
    kind: Kind,
    write: impl FnOnce(&mut Vec<u8>) -> Result<bool, WireError>,
) -> Result<bool, WireError> {
    put_head(out, number, kind);
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let known = write(out)?;
    let size = out.len() - start - 4;
    let length = u32::try_from(size).map_err(|_| WireError::TooLarge { size, limit: u32::MAX as usize })?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(known)
}

fn compile_node(
    node: &policy::KeyNode,
    plan: &policy::KeyPlan,
    types: &Types,
    budget: &mut Budget,
) -> Result<Node, String> {
    let message = types.get(node.r#type).ok_or("its type does not exist")?;
    sorted(node.fields.iter().map(|keyed| keyed.number)).map_err(|problem| format!("field {problem}"))?;
    let fields = node
        .fields
        .iter()
        .map(|keyed| {
            compile_field(keyed, message, plan, types)
                .map_err(|problem| format!("field {}: {problem}", keyed.number))
        })
        .collect::<Result<Box<[_]>, _>>()?;
    let slot = |number: u32| {
        let slot = fields.binary_search_by_key(&number, |field| field.number).ok()?;
        u32::try_from(slot).ok()
    };
    budget.spend(message.fields.len() + fields.len() + 1)?;
    Ok(Node { table: Table::complete(message, |field| slot(field.number)), fields })
}

fn compile_field(
    keyed: &policy::KeyField,
    message: &Type,
    plan: &policy::KeyPlan,
    types: &Types,
) -> Result<NodeField, String> {
    let field = message.field(keyed.number).ok_or("the type has no such field")?;
    let node_at = |node: u32, kind: Kind, target: Option<usize>| -> Result<Option<usize>, String> {
        let Some(target) = target else {
            return if node == 0 { Ok(None) } else { Err(format!("a field of kind {kind:?} has no node")) };
        };
        let index = usize::try_from(node).ok().and_then(|node| node.checked_sub(1));
        let index = index.filter(|&index| index < plan.nodes.len()).ok_or("its node does not exist")?;
        let node_type = types.get(plan.nodes[index].r#type).ok_or("the type of its node does not exist")?;
        if node_type.name != types.target(target).name {
            return Err(format!("its node is for `{}`", node_type.name));
        }
        Ok(Some(index))
    };
    let node = node_at(keyed.node, field.kind, field.target)?;
    let mut compiled =
        NodeField { number: field.number, kind: field.kind, label: field.label, node, map: None };
    if let (Label::Map, Some(entry), Some(index)) = (field.label, field.target, node) {
        let entry = types.target(entry);
        let (Some(key), Some(value)) = (entry.field(1), entry.field(2)) else {
            return Err("its map entry has no key or no value".into());
        };
        let keyed_value = plan.nodes[index].fields.iter().find(|field| field.number == 2);
        compiled.map = Some(Map {
            entry: entry_table(entry),
            key: key.kind,
            value: value.kind,
            with_value: keyed_value.is_some(),
            node: keyed_value.map_or(Ok(None), |keyed| node_at(keyed.node, value.kind, value.target))?,
        });
    }
    Ok(compiled)
}
