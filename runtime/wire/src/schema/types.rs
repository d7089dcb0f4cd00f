//! The message types of a policy, checked.

use std::fmt;

use holdover_annotations::policy;
use holdover_annotations::policy::field::{Kind, Presence};

use crate::PolicyError;
use crate::cursor::MAX_FIELD_NUMBER;

/// The longest name of a type or field. protoc has no limit; this one keeps error messages readable.
const MAX_NAME: usize = 1_024;
/// How many types, and how many fields in all, one policy may have.
const MAX_TYPES: usize = 1 << 16;
const MAX_FIELDS: usize = 1 << 20;

/// How often a field occurs, and whether its absence can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// Singular; zero is absent.
    Implicit,
    /// Singular; zero is present.
    Explicit,
    Repeated,
    Map,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) label: Label,
    /// The type of a message or group: an index into [`Types`].
    pub(crate) target: Option<usize>,
    /// The oneof that the field is a member of: an index into [`Type::oneofs`].
    pub(crate) oneof: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Type {
    pub(crate) name: String,
    /// Sorted by number.
    pub(crate) fields: Vec<Field>,
    pub(crate) map_entry: bool,
    pub(crate) oneofs: Vec<String>,
}

impl Type {
    pub(crate) fn field(&self, number: u32) -> Option<&Field> {
        let index = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(index)
    }
}

/// Every index in here has been checked.
#[derive(Debug)]
pub(crate) struct Types(Vec<Type>);

impl Types {
    pub(crate) fn new(types: &[policy::MessageType]) -> Result<Self, PolicyError> {
        let fields: usize = types.iter().map(|message| message.fields.len()).sum();
        if types.len() > MAX_TYPES || fields > MAX_FIELDS {
            return Err(PolicyError::new(
                "types",
                format_args!("there are {} types with {fields} fields, too many", types.len()),
            ));
        }
        if let Some(pair) = types.windows(2).find(|pair| pair[0].name >= pair[1].name) {
            return Err(PolicyError::new(
                "types",
                format_args!("`{}` is not sorted before `{}`", pair[0].name, pair[1].name),
            ));
        }
        let parsed = types.iter().map(|message| parse_type(message, types)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self(parsed))
    }

    pub(crate) fn get(&self, index: u32) -> Option<&Type> {
        self.0.get(usize::try_from(index).ok()?)
    }

    /// The type at an index that this table handed out itself.
    pub(crate) fn target(&self, index: usize) -> &Type {
        &self.0[index]
    }
}

fn parse_type(message: &policy::MessageType, types: &[policy::MessageType]) -> Result<Type, PolicyError> {
    let place = || format!("type `{}`", message.name.chars().take(MAX_NAME).collect::<String>());
    if message.name.is_empty() || message.name.len() > MAX_NAME {
        return Err(PolicyError::new(place(), "its name is empty or too long"));
    }
    let mut fields = Vec::with_capacity(message.fields.len());
    let mut last = 0;
    for field in &message.fields {
        if field.number <= last || field.number > MAX_FIELD_NUMBER {
            return Err(PolicyError::new(place(), "its fields are not sorted by number"));
        }
        last = field.number;
        fields.push(parse_field(field, message, types).map_err(|problem| {
            PolicyError::new(format_args!("{}, field {}", place(), field.number), problem)
        })?);
    }
    if message.map_entry {
        let numbers: Vec<u32> = fields.iter().map(|field| field.number).collect();
        let singular = |field: &Field| matches!(field.label, Label::Implicit | Label::Explicit);
        let key = fields.first().map(|field| field.kind);
        if numbers != [1, 2] || !fields.iter().all(singular) || !key.is_some_and(is_map_key) {
            return Err(PolicyError::new(place(), "a map entry has a scalar key 1 and a value 2"));
        }
    }
    Ok(Type {
        name: message.name.clone(),
        fields,
        map_entry: message.map_entry,
        oneofs: message.oneofs.clone(),
    })
}

fn is_map_key(kind: Kind) -> bool {
    !matches!(kind, Kind::Message | Kind::Group | Kind::Bytes | Kind::Double | Kind::Float | Kind::Enum)
}

fn parse_field(
    field: &policy::Field,
    message: &policy::MessageType,
    types: &[policy::MessageType],
) -> Result<Field, &'static str> {
    if field.name.is_empty() || field.name.len() > MAX_NAME {
        return Err("its name is empty or too long");
    }
    let kind = match Kind::try_from(field.kind) {
        Ok(Kind::Unspecified) | Err(_) => return Err("its kind is unknown"),
        Ok(kind) => kind,
    };
    let target = if matches!(kind, Kind::Message | Kind::Group) {
        let index = usize::try_from(field.r#type).ok().filter(|&index| index < types.len());
        Some(index.ok_or("its type does not exist")?)
    } else {
        None
    };
    let map = target.is_some_and(|index| types[index].map_entry);
    let label = match Presence::try_from(field.presence) {
        Ok(Presence::Repeated) if map && kind == Kind::Message => Label::Map,
        _ if map => return Err("a map entry may only be the type of a repeated message field"),
        Ok(Presence::Repeated) => Label::Repeated,
        Ok(Presence::Implicit) if target.is_none() => Label::Implicit,
        Ok(Presence::Implicit) => return Err("a message has explicit presence"),
        Ok(Presence::Explicit) => Label::Explicit,
        Ok(Presence::Unspecified) | Err(_) => return Err("its presence is unknown"),
    };
    let oneof = match usize::try_from(field.oneof) {
        Ok(0) => None,
        Ok(index) if index <= message.oneofs.len() && label == Label::Explicit => Some(index - 1),
        _ => return Err("its oneof does not exist, or it is not singular with explicit presence"),
    };
    Ok(Field { number: field.number, name: field.name.clone(), kind, label, target, oneof })
}

/// Checks that each is less than the next: plans are searched, and what is written twice would be ambiguous.
pub(crate) fn sorted<T: Ord + fmt::Display>(numbers: impl Iterator<Item = T> + Clone) -> Result<(), String> {
    let next = numbers.clone().skip(1);
    match numbers.zip(next).find(|(a, b)| a >= b) {
        Some((a, b)) => Err(format!("{a} is not sorted before {b}")),
        None => Ok(()),
    }
}
