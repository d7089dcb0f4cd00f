//! Messages as JSON objects of field numbers; the notation is specified in `tests/vectors/README.md`.

use serde_json::{Map, Value};

/// Nesting beyond this is a mistake in a vector.
const MAX_DEPTH: usize = 32;

/// Encodes a message written in the notation.
///
/// # Errors
/// Says which member was not understood.
pub fn encode(value: &Value) -> Result<Vec<u8>, String> {
    match value {
        Value::String(hex) => unhex(hex),
        Value::Object(fields) => {
            let mut out = Vec::new();
            message(fields, 0, &mut out)?;
            Ok(out)
        }
        other => Err(format!("a message is an object of field numbers, or hex, not `{other}`")),
    }
}

fn message(fields: &Map<String, Value>, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("messages nest at most {MAX_DEPTH} deep"));
    }
    let mut members = Vec::new();
    for (key, value) in fields {
        let (number, kind) = key.split_once(' ').unwrap_or((key, ""));
        let number: u32 = number
            .parse()
            .ok()
            .filter(|n| (1..1 << 29).contains(n))
            .ok_or_else(|| format!("`{key}` does not start with a field number"))?;
        members.push((number, kind, value));
    }
    members.sort_by_key(|(number, kind, _)| (*number, *kind));
    for (number, kind, value) in members {
        match value {
            Value::Array(items) if kind != "packed" => {
                for item in items {
                    field(number, kind, item, depth, out)?;
                }
            }
            value => field(number, kind, value, depth, out)?,
        }
    }
    Ok(())
}

fn field(number: u32, kind: &str, value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), String> {
    let wrong =
        || format!("field `{number}{}{kind}` cannot be `{value}`", if kind.is_empty() { "" } else { " " });
    let tag = |out: &mut Vec<u8>, wire: u64| varint(u64::from(number) << 3 | wire, out);
    let bytes = |out: &mut Vec<u8>, bytes: &[u8]| {
        tag(out, 2);
        varint(bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    };
    match (kind, value) {
        ("", Value::String(text)) => bytes(out, text.as_bytes()),
        ("", Value::Bool(flag)) => {
            tag(out, 0);
            varint(u64::from(*flag), out);
        }
        ("", Value::Number(_)) => {
            tag(out, 0);
            varint(integer(value).ok_or_else(wrong)?, out);
        }
        ("", Value::Object(fields)) => {
            let mut inner = Vec::new();
            message(fields, depth + 1, &mut inner)?;
            bytes(out, &inner);
        }
        ("sint", _) => {
            let n = value.as_i64().ok_or_else(wrong)?;
            tag(out, 0);
            varint(((n << 1) ^ (n >> 63)).cast_unsigned(), out);
        }
        ("fixed32", _) => {
            let n = integer(value).ok_or_else(wrong)?;
            tag(out, 5);
            // Negative numbers are two's complement: the low half is the same number.
            out.extend_from_slice(&n.to_le_bytes()[..4]);
        }
        ("fixed64", _) => {
            tag(out, 1);
            out.extend_from_slice(&integer(value).ok_or_else(wrong)?.to_le_bytes());
        }
        ("float", _) => {
            tag(out, 5);
            #[allow(clippy::cast_possible_truncation, reason = "a float is what the notation asks for")]
            out.extend_from_slice(&(real(value).ok_or_else(wrong)? as f32).to_le_bytes());
        }
        ("double", _) => {
            tag(out, 1);
            out.extend_from_slice(&real(value).ok_or_else(wrong)?.to_le_bytes());
        }
        ("bytes", Value::String(hex)) => bytes(out, &unhex(hex)?),
        ("packed", Value::Array(items)) => {
            let mut inner = Vec::new();
            for item in items {
                varint(integer(item).ok_or_else(wrong)?, &mut inner);
            }
            bytes(out, &inner);
        }
        ("fill", _) => {
            let count = value.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong)?;
            bytes(out, &vec![b'x'; count]);
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

fn integer(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_i64().map(i64::cast_unsigned))
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) if text == "NaN" => Some(f64::NAN),
        Value::String(text) if text == "-0" => Some(-0.0),
        other => other.as_f64(),
    }
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    out.push(n.to_le_bytes()[0]);
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()
        .filter(|digits: &Vec<u8>| digits.len().is_multiple_of(2))
        .ok_or_else(|| format!("`{text}` is not an even number of hex digits"))?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Writes a message in the notation, for people to read: what looks like text is text, what looks like a message is
/// one. Encoding it again gives the same bytes, or else the whole message is written in hex.
#[must_use]
pub fn render(bytes: &[u8]) -> Value {
    fields(bytes, 0)
        .map(Value::Object)
        .filter(|value| encode(value).is_ok_and(|again| again == bytes))
        .unwrap_or_else(|| Value::String(hex(bytes)))
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn fields(mut bytes: &[u8], depth: usize) -> Option<Map<String, Value>> {
    let mut out = Map::new();
    while !bytes.is_empty() {
        let tag = read_varint(&mut bytes)?;
        let number = tag >> 3;
        let (key, value) = match tag & 7 {
            0 => (number.to_string(), Value::from(read_varint(&mut bytes)?)),
            1 => {
                let raw = read(&mut bytes, 8)?;
                (format!("{number} fixed64"), Value::from(u64::from_le_bytes(raw.try_into().ok()?)))
            }
            2 => {
                let len = usize::try_from(read_varint(&mut bytes)?).ok()?;
                let raw = read(&mut bytes, len)?;
                if raw.len() > 64 && raw.iter().all(|b| *b == b'x') {
                    (format!("{number} fill"), Value::from(raw.len()))
                } else {
                    match std::str::from_utf8(raw) {
                        Ok(text) if !text.chars().any(char::is_control) => {
                            (number.to_string(), Value::from(text))
                        }
                        _ => match fields(raw, depth + 1).filter(|_| depth < 4 && !raw.is_empty()) {
                            Some(inner) => (number.to_string(), Value::Object(inner)),
                            None => (format!("{number} bytes"), Value::from(hex(raw))),
                        },
                    }
                }
            }
            5 => {
                let raw = read(&mut bytes, 4)?;
                (format!("{number} fixed32"), Value::from(u32::from_le_bytes(raw.try_into().ok()?)))
            }
            _ => return None,
        };
        match out.get_mut(&key) {
            None => {
                out.insert(key, value);
            }
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Some(out)
}

fn read<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = bytes.split_at_checked(count)?;
    *bytes = tail;
    Some(head)
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = read(bytes, 1)?[0];
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hex_of(value: &Value) -> String {
        hex(&encode(value).unwrap())
    }

    #[test]
    fn the_example_of_the_readme() {
        assert_eq!(hex_of(&json!({"1": "ride-1", "2": 5})), "0a06726964652d311005");
    }

    #[test]
    fn every_type() {
        assert_eq!(hex_of(&json!({"1": -1})), "08ffffffffffffffffff01");
        assert_eq!(hex_of(&json!({"1": u64::MAX})), "08ffffffffffffffffff01");
        assert_eq!(hex_of(&json!({"1 sint": -1, "2": true})), "08011001");
        assert_eq!(hex_of(&json!({"1 fixed32": -1, "2 fixed64": 1})), "0dffffffff110100000000000000");
        assert_eq!(hex_of(&json!({"1 float": 1.0, "2 double": "-0"})), "0d0000803f110000000000000080");
        assert_eq!(hex_of(&json!({"1 packed": [1, 300], "2 bytes": "00ff"})), "0a0301ac02120200ff");
        assert_eq!(hex_of(&json!({"1 fill": 3})), "0a03787878");
        assert_eq!(hex_of(&json!({"3": {"1": "a"}, "1": ["x", "y"]})), "0a01780a01791a030a0161");
        assert_eq!(hex_of(&json!("0a00")), "0a00");
    }

    #[test]
    fn members_come_in_the_order_of_their_numbers() {
        assert_eq!(hex_of(&json!({"10": 1, "9": 1, "2": 1})), "100148015001");
    }

    #[test]
    fn mistakes_are_errors() {
        for wrong in
            [json!({"0": 1}), json!({"x": 1}), json!({"1": 1.5}), json!({"1 what": 1}), json!([]), json!("0")]
        {
            assert!(encode(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_rendered_encodes_to_the_same_bytes() {
        for value in [
            json!({"1": "ride-1", "2": 5, "3": {"1": 7}}),
            json!({"1 fill": 100, "2": ["a", "b"]}),
            json!({"1 fixed32": 3, "2 fixed64": 4, "3 bytes": "ff00"}),
            json!("ffff"),
        ] {
            let bytes = encode(&value).unwrap();
            assert_eq!(encode(&render(&bytes)).unwrap(), bytes);
        }
        assert_eq!(render(&encode(&json!({"1": "r", "2": 5})).unwrap()), json!({"1": "r", "2": 5}));
    }
}
