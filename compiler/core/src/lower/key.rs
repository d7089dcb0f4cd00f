//! Which parts of a request enter its key.

use super::message_of;
use crate::ir::{Cache, FieldPath};
use prost_reflect::MessageDescriptor;
use std::collections::{BTreeMap, VecDeque};

/// What a cache block says about the key, of what can be followed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// Empty: everything.
    key: Vec<Vec<u32>>,
    ignore: Vec<Vec<u32>>,
}

impl Paths {
    pub(crate) fn of(cache: &Cache) -> Self {
        let numbers = |path: &crate::ir::Value<Result<FieldPath, crate::ir::PathError>>| {
            path.value.as_ref().ok().map(FieldPath::numbers)
        };
        Self {
            key: cache.key.iter().filter_map(numbers).collect(),
            ignore: cache.key_ignore.iter().filter_map(numbers).collect(),
        }
    }
}

/// One message of a key, with what is left of the paths there.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) message: MessageDescriptor,
    /// The keyed fields by number; for messages with the index of their node.
    pub(crate) fields: BTreeMap<u32, Option<usize>>,
    /// A path that leads here, for messages.
    pub(crate) route: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    message: String,
    /// `None`: everything here is keyed.
    only: Option<Vec<Vec<u32>>>,
    ignore: Vec<Vec<u32>>,
}

impl State {
    /// What holds below a field, in the message (if it is one) called `message`; `None` where the field is not keyed.
    fn below(&self, number: u32, is_entry: bool, message: &str) -> Option<Self> {
        let ignore = strip(&self.ignore, number);
        if ignore.iter().any(Vec::is_empty) {
            return None;
        }
        let only = match &self.only {
            None => None,
            // The key of a map's entry always says which entry it is.
            Some(_) if is_entry && number == 1 => None,
            Some(paths) => {
                let on = strip(paths, number);
                if on.is_empty() {
                    return None;
                }
                (!on.iter().any(Vec::is_empty)).then_some(on)
            }
        };
        Some(Self { message: message.to_owned(), only, ignore })
    }
}

fn strip(paths: &[Vec<u32>], number: u32) -> Vec<Vec<u32>> {
    let mut stripped: Vec<Vec<u32>> =
        paths.iter().filter(|path| path.first() == Some(&number)).map(|path| path[1..].to_vec()).collect();
    stripped.sort();
    stripped.dedup();
    stripped
}

/// The keyed parts of a request, itself first. Recursive types give a finite table, because a node is a type with what is
/// left of the paths.
pub(crate) fn plan(request: &MessageDescriptor, paths: &Paths) -> Vec<Node> {
    let only = (!paths.key.is_empty()).then(|| paths.key.clone());
    let start = State { message: request.full_name().to_owned(), only, ignore: paths.ignore.clone() };
    let mut index_of = BTreeMap::from([(start.clone(), 0)]);
    let mut nodes = vec![Node { message: request.clone(), fields: BTreeMap::new(), route: String::new() }];
    let mut open = VecDeque::from([(0, start)]);
    while let Some((index, state)) = open.pop_front() {
        let message = nodes[index].message.clone();
        for field in message.fields() {
            let number = field.number();
            let inner = message_of(&field);
            let name = inner.as_ref().map_or("", MessageDescriptor::full_name);
            let Some(below) = state.below(number, message.is_map_entry(), name) else { continue };
            let Some(inner) = inner else {
                nodes[index].fields.insert(number, None);
                continue;
            };
            let child = *index_of.entry(below.clone()).or_insert(nodes.len());
            if child == nodes.len() {
                let route = match (nodes[index].route.as_str(), message.is_map_entry()) {
                    (route, true) => route.to_owned(),
                    ("", false) => field.name().to_owned(),
                    (route, false) => format!("{route}.{}", field.name()),
                };
                nodes.push(Node { message: inner, fields: BTreeMap::new(), route });
                open.push_back((child, below));
            }
            nodes[index].fields.insert(number, Some(child));
        }
    }
    nodes
}
