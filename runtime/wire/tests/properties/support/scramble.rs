//! Every other way to encode a message: what decoders must accept, and encoders never write.

use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::tape::{self, Shape, Tape};

/// Encodes a message in a way chosen by the tape; it decodes to an equal message.
pub(crate) fn encode(tape: &mut Tape<'_>, message: &DynamicMessage) -> Vec<u8> {
    encode_part(tape, message, true)
}

/// Encodes a message, or only a part of it, which must not say anything about the rest.
fn encode_part(tape: &mut Tape<'_>, message: &DynamicMessage, whole: bool) -> Vec<u8> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let fields: Vec<_> = message.fields().map(|(field, value)| (field, value.clone())).collect();
    for (field, value) in fields {
        let mut own = field_pieces(tape, &field, &value);
        if let Some(oneof) = field.containing_oneof()
            && tape.chance(100)
        {
            // Another member came first, and a decoder forgets it.
            let members: Vec<_> = oneof.fields().filter(|member| *member != field).collect();
            if !members.is_empty() {
                let member = &members[tape.below(members.len())];
                let mut first = forgotten(tape, member);
                if tape.chance(60) {
                    // And before that, the same member, forgotten as well.
                    first = [forgotten(tape, &field), first].concat();
                }
                // These have to stay together and in order.
                let rest: Vec<u8> = own.drain(..).flatten().collect();
                first.extend(rest);
                own = vec![first];
            }
        }
        // Pieces of one field keep their order; those of different fields may be mixed.
        let mut at = 0;
        for piece in own {
            at += tape.below(pieces.len() - at + 1);
            pieces.insert(at, piece);
            at += 1;
        }
    }
    for field in message.descriptor().fields() {
        // A zero of implicit presence may be written, and means nothing.
        let implicit = !field.supports_presence() && !field.is_list() && !field.is_map();
        if whole && implicit && !message.has_field(&field) && tape.chance(20) {
            let mut piece = Vec::new();
            single(tape, &field, &Value::default_value_for_field(&field), &mut piece);
            pieces.insert(tape.below(pieces.len() + 1), piece);
        }
    }
    pieces.concat()
}

/// A random value of a oneof's member.
fn forgotten(tape: &mut Tape<'_>, member: &FieldDescriptor) -> Vec<u8> {
    let value = tape::scalar(tape, &member.kind(), Shape { single_entries: true, max_depth: 0 });
    let mut message = DynamicMessage::new(member.parent_message().clone());
    message.set_field(member, value);
    message.encode_to_vec()
}

fn field_pieces(tape: &mut Tape<'_>, field: &FieldDescriptor, value: &Value) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    match value {
        Value::Map(entries) => {
            for (key, value) in entries {
                if tape.chance(60) {
                    let other = tape::scalar(
                        tape,
                        &entry_fields(field).1.kind(),
                        Shape { single_entries: true, max_depth: 0 },
                    );
                    pieces.push(map_entry(tape, field, key, &other));
                }
                pieces.push(map_entry(tape, field, key, value));
            }
        }
        Value::List(items) => {
            let mut items = items.as_slice();
            while !items.is_empty() {
                let mut piece = Vec::new();
                if is_packable(field) && tape.chance(128) {
                    let (now, later) = items.split_at(1 + tape.below(items.len()));
                    let mut body = Vec::new();
                    for item in now {
                        bare(tape, &field.kind(), item, &mut body);
                    }
                    items = later;
                    put_key(tape, field.number(), WireType::LengthDelimited, &mut piece);
                    put_varint(tape, body.len() as u64, 5, &mut piece);
                    piece.extend(body);
                } else {
                    single(tape, field, &items[0], &mut piece);
                    items = &items[1..];
                }
                pieces.push(piece);
            }
        }
        Value::Message(message) => {
            // Split in two: a decoder merges them.
            let mut halves =
                [DynamicMessage::new(message.descriptor()), DynamicMessage::new(message.descriptor())];
            let split = tape.chance(100);
            for (field, value) in message.fields() {
                halves[usize::from(split && tape.chance(128))].set_field(&field, value.clone());
            }
            for half in &halves[..if split { 2 } else { 1 }] {
                let mut piece = Vec::new();
                nested(tape, field, half, !split, &mut piece);
                pieces.push(piece);
            }
        }
        scalar => {
            if tape.chance(60) {
                let other = tape::scalar(tape, &field.kind(), Shape { single_entries: true, max_depth: 0 });
                let mut piece = Vec::new();
                single(tape, field, &other, &mut piece);
                pieces.push(piece);
            }
            let mut piece = Vec::new();
            single(tape, field, scalar, &mut piece);
            pieces.push(piece);
        }
    }
    pieces
}

fn entry_fields(field: &FieldDescriptor) -> (FieldDescriptor, FieldDescriptor) {
    let Kind::Message(entry) = field.kind() else { unreachable!("a map has an entry type") };
    (entry.map_entry_key_field(), entry.map_entry_value_field())
}

fn map_entry(tape: &mut Tape<'_>, field: &FieldDescriptor, key: &MapKey, value: &Value) -> Vec<u8> {
    let (key_field, value_field) = entry_fields(field);
    let mut pieces = Vec::new();
    pieces.extend(field_pieces(tape, &key_field, &Value::from(key.clone())));
    let values = field_pieces(tape, &value_field, value);
    if tape.chance(128) {
        pieces.extend(values);
    } else {
        pieces = values.into_iter().chain(pieces).collect();
    }
    let body = pieces.concat();
    let mut out = Vec::new();
    put_key(tape, field.number(), WireType::LengthDelimited, &mut out);
    put_varint(tape, body.len() as u64, 5, &mut out);
    out.extend(body);
    out
}

fn is_packable(field: &FieldDescriptor) -> bool {
    !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Message(_))
}

/// One occurrence of a field.
fn single(tape: &mut Tape<'_>, field: &FieldDescriptor, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Message(message) => nested(tape, field, message, true, out),
        Value::String(_) | Value::Bytes(_) => {
            let body: &[u8] = value.as_str().map_or_else(
                || value.as_bytes().map_or(&[][..], |bytes| bytes.as_ref()),
                |text| text.as_bytes(),
            );
            put_key(tape, field.number(), WireType::LengthDelimited, out);
            put_varint(tape, body.len() as u64, 5, out);
            out.extend_from_slice(body);
        }
        scalar => {
            put_key(tape, field.number(), wire_type(&field.kind()), out);
            bare(tape, &field.kind(), scalar, out);
        }
    }
}

/// One occurrence of a message or group, or of a part of it.
fn nested(
    tape: &mut Tape<'_>,
    field: &FieldDescriptor,
    message: &DynamicMessage,
    whole: bool,
    out: &mut Vec<u8>,
) {
    let body = if tape.chance(40) { message.encode_to_vec() } else { encode_part(tape, message, whole) };
    if field.is_group() {
        put_key(tape, field.number(), WireType::StartGroup, out);
        out.extend(body);
        put_key(tape, field.number(), WireType::EndGroup, out);
    } else {
        put_key(tape, field.number(), WireType::LengthDelimited, out);
        put_varint(tape, body.len() as u64, 5, out);
        out.extend(body);
    }
}

fn wire_type(kind: &Kind) -> WireType {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        _ => WireType::Varint,
    }
}

/// A number without its key.
fn bare(tape: &mut Tape<'_>, kind: &Kind, value: &Value, out: &mut Vec<u8>) {
    let bits: u64 = match (kind, value) {
        (_, Value::F64(value)) => return out.extend(value.to_le_bytes()),
        (_, Value::F32(value)) => return out.extend(value.to_le_bytes()),
        (Kind::Sfixed32, Value::I32(value)) => return out.extend(value.to_le_bytes()),
        (Kind::Fixed32, Value::U32(value)) => return out.extend(value.to_le_bytes()),
        (Kind::Sfixed64, Value::I64(value)) => return out.extend(value.to_le_bytes()),
        (Kind::Fixed64, Value::U64(value)) => return out.extend(value.to_le_bytes()),
        (Kind::Sint32, Value::I32(value)) => u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()),
        (Kind::Sint64, Value::I64(value)) => ((value << 1) ^ (value >> 63)).cast_unsigned(),
        (_, Value::Bool(true)) => [1, 2, 1 << 40][tape.below(3)],
        (_, Value::Bool(false)) => 0,
        (_, Value::I32(value) | Value::EnumNumber(value)) => {
            // Decoders cut 32-bit kinds off.
            if tape.chance(60) {
                u64::from(value.cast_unsigned()) | 5 << 32
            } else {
                i64::from(*value).cast_unsigned()
            }
        }
        (_, Value::U32(value)) => u64::from(*value) | if tape.chance(60) { 1 << 50 } else { 0 },
        (_, Value::I64(value)) => value.cast_unsigned(),
        (_, Value::U64(value)) => *value,
        (kind, other) => unreachable!("{other:?} is no {kind:?}"),
    };
    put_varint(tape, bits, 10, out);
}

fn put_key(tape: &mut Tape<'_>, number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    let mut plain = Vec::new();
    encode_key(number, wire_type, &mut plain);
    widen(tape, plain, 5, out);
}

fn put_varint(tape: &mut Tape<'_>, value: u64, max_width: usize, out: &mut Vec<u8>) {
    let mut plain = Vec::new();
    encode_varint(value, &mut plain);
    widen(tape, plain, max_width, out);
}

/// Makes a varint longer than it needs to be.
fn widen(tape: &mut Tape<'_>, mut varint: Vec<u8>, max_width: usize, out: &mut Vec<u8>) {
    if varint.len() < max_width && tape.chance(30) {
        let extra = 1 + tape.below(max_width - varint.len());
        if let Some(last) = varint.last_mut() {
            *last |= 0x80;
        }
        varint.extend(std::iter::repeat_n(0x80, extra - 1));
        varint.push(0);
    }
    out.extend(varint);
}
