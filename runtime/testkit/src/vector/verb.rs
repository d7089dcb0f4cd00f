//! `{"get": "a", "method": …}`: JSON objects that are named by one of their members.

use serde_json::{Map, Value};

/// Takes the naming member out of an object: gives its name, and the object with its value as member `it`.
///
/// # Errors
/// When no known name is there, or more than one.
pub(super) fn take(
    mut map: Map<String, Value>,
    names: &[&'static str],
) -> Result<(&'static str, Value), String> {
    let text = Value::Object(map.clone()).to_string();
    let mut found = names.iter().filter(|name| map.contains_key(**name));
    // `{"hint": {"credentials": …}}` nests, so only members of this object are looked at.
    let (Some(name), None) = (found.next(), found.next()) else {
        return Err(format!("{text} must have exactly one of the members {names:?}"));
    };
    let it = map.remove(*name).expect("the name was found in the map");
    map.insert("it".into(), it);
    Ok((name, Value::Object(map)))
}

/// The reverse of [`take`].
pub(super) fn put(name: &str, value: Value) -> Map<String, Value> {
    let Value::Object(mut map) = value else { unreachable!("inputs and outputs are structs") };
    if let Some(it) = map.remove("it") {
        map.insert(name.into(), it);
    }
    map
}

/// Implements the conversions between an enum and JSON objects named by a member.
macro_rules! named {
    ($type:ident { $($name:literal => $variant:ident),* $(,)? }) => {
        impl TryFrom<Map<String, Value>> for $type {
            type Error = String;

            fn try_from(map: Map<String, Value>) -> Result<Self, String> {
                let (name, value) = verb::take(map, &[$($name),*])?;
                let text = value.to_string();
                match name {
                    $($name => serde_json::from_value(value).map($type::$variant),)*
                    _ => unreachable!("take gives one of the names"),
                }
                .map_err(|error| format!("`{name}` of {text}: {error}"))
            }
        }

        impl From<$type> for Map<String, Value> {
            fn from(value: $type) -> Map<String, Value> {
                match value {
                    $($type::$variant(inner) => verb::put(
                        $name,
                        serde_json::to_value(inner).expect("inputs and outputs are plain data"),
                    ),)*
                }
            }
        }
    };
}
pub(super) use named;
