//! Whether a response has its REQUIRED parts: rules C3 and E2.

use std::fmt;
use std::sync::Arc;

use holdover_annotations::policy;
use holdover_annotations::policy::field::Kind;

use crate::cursor::Depth;
use crate::resolve::{Found, Parts, Reader, Table, entry_table, message_parts};
use crate::schema::{Budget, Label, Type, Types, sorted};
use crate::{Limits, WireError};

/// How many missing paths are named.
const MAX_PATHS: usize = 16;

/// Checks that a response has its REQUIRED fields and oneofs, in every message that is there.
#[derive(Clone, Debug)]
pub struct Presence {
    nodes: Arc<[Node]>,
}

/// Why a response is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// REQUIRED parts are missing.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The response could not be read.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// The REQUIRED parts that a response does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the response lacks what its API promises: {}; ask the owner of the API", Paths(.paths, *.more))]
pub struct Missing {
    /// Paths of field names from the response, without list indexes or map keys: `route.legs.id`. A oneof stands under
    /// its own name. Each once, in the order of the plan; at most 16.
    pub paths: Vec<String>,
    /// Whether there are paths beyond those.
    pub more: bool,
}

struct Paths<'a>(&'a [String], bool);

impl fmt::Display for Paths<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))?;
        if self.1 { f.write_str(" and more") } else { Ok(()) }
    }
}

#[derive(Debug)]
struct Node {
    table: Table,
    /// By slot.
    watched: Box<[Watched]>,
    /// The names of what must be there, fields before oneofs.
    requirements: Box<[String]>,
}

/// What the occurrences of a field mean.
#[derive(Debug)]
struct Watched {
    name: String,
    /// Indexes into [`Node::requirements`] that an occurrence satisfies: the field's own, its oneof's.
    satisfies: [Option<usize>; 2],
    /// Where to look further.
    descend: Option<Descend>,
}

#[derive(Debug)]
struct Descend {
    node: usize,
    label: Label,
    map: Option<(Table, Kind)>,
}

impl Presence {
    pub(crate) fn new(
        plan: &policy::PresencePlan,
        types: &Types,
        root: u32,
        budget: &mut Budget,
    ) -> Result<Self, String> {
        if plan.nodes.first().map(|node| node.r#type) != Some(root) {
            return Err("node 0 is not the response".into());
        }
        let compile = |(index, node): (usize, &policy::PresenceNode)| {
            compile_node(node, plan, types, budget).map_err(|problem| format!("node {index}: {problem}"))
        };
        Ok(Self { nodes: plan.nodes.iter().enumerate().map(compile).collect::<Result<_, _>>()? })
    }

    /// Checks a response.
    ///
    /// # Errors
    ///
    /// The REQUIRED parts that are missing, or why the response could not be read.
    pub fn check(&self, response: &[u8], limits: &Limits) -> Result<(), PresenceError> {
        let mut reader = Reader::new(response, limits)?;
        let depth = reader.outermost()?;
        let mut missing = Missing { paths: Vec::new(), more: false };
        self.message(&[response], 0, depth, &mut Path { names: Vec::new() }, &mut reader, &mut missing)?;
        if missing.paths.is_empty() { Ok(()) } else { Err(missing.into()) }
    }

    fn message<'p>(
        &'p self,
        parts: Parts<'_, '_>,
        node: usize,
        depth: Depth,
        path: &mut Path<'p>,
        reader: &mut Reader,
        missing: &mut Missing,
    ) -> Result<(), WireError> {
        let node = &self.nodes[node];
        let (found, _) = reader.resolve(parts, &node.table, depth)?;
        let mut satisfied = vec![false; node.requirements.len()];
        for found in found.chunk_by(|a, b| a.slot == b.slot) {
            // Slots are indexes into `watched`, by construction of the table.
            for requirement in node.watched[found[0].slot as usize].satisfies.into_iter().flatten() {
                satisfied[requirement] = true;
            }
        }
        for (name, _) in node.requirements.iter().zip(satisfied).filter(|(_, satisfied)| !satisfied) {
            missing.add(path, name);
        }
        for found in found.chunk_by(|a, b| a.slot == b.slot) {
            let watched = &node.watched[found[0].slot as usize];
            let Some(descend) = &watched.descend else { continue };
            path.names.push(&watched.name);
            self.descend(descend, found, depth.enter()?, path, reader, missing)?;
            path.names.pop();
        }
        Ok(())
    }

    fn descend<'p>(
        &'p self,
        descend: &Descend,
        found: &[Found<'_>],
        depth: Depth,
        path: &mut Path<'p>,
        reader: &mut Reader,
        missing: &mut Missing,
    ) -> Result<(), WireError> {
        if let Some((entry, key)) = &descend.map {
            let (entries, _) = reader.map_entries(found, entry, *key, depth)?;
            for entry in entries {
                self.message(&entry.message(), descend.node, depth.enter()?, path, reader, missing)?;
            }
            return Ok(());
        }
        let parts = message_parts(found.iter().map(|found| found.value));
        if descend.label == Label::Repeated {
            for part in parts {
                self.message(&[part], descend.node, depth, path, reader, missing)?;
            }
            return Ok(());
        }
        self.message(&parts, descend.node, depth, path, reader, missing)
    }
}

/// Where a check is, for the names of what is missing.
struct Path<'p> {
    names: Vec<&'p str>,
}

impl Missing {
    fn add(&mut self, path: &Path<'_>, name: &str) {
        let mut full = String::new();
        for step in &path.names {
            full.push_str(step);
            full.push('.');
        }
        full.push_str(name);
        if self.paths.contains(&full) {
            return;
        }
        if self.paths.len() == MAX_PATHS {
            self.more = true;
        } else {
            self.paths.push(full);
        }
    }
}

fn compile_node(
    node: &policy::PresenceNode,
    plan: &policy::PresencePlan,
    types: &Types,
    budget: &mut Budget,
) -> Result<Node, String> {
    let message = types.get(node.r#type).ok_or("its type does not exist")?;
    sorted(node.required.iter())?;
    sorted(node.required_oneofs.iter())?;
    sorted(node.fields.iter().map(|field| field.number))?;

    let mut requirements = Vec::new();
    for &number in &node.required {
        let field = message.field(number).ok_or_else(|| format!("the type has no field {number}"))?;
        if field.label != Label::Explicit || field.oneof.is_some() {
            return Err(format!("the presence of field {number} cannot be observed"));
        }
        requirements.push(field.name.clone());
    }
    for &oneof in &node.required_oneofs {
        let name = usize::try_from(oneof).ok().and_then(|oneof| message.oneofs.get(oneof));
        requirements.push(name.ok_or_else(|| format!("the type has no oneof {oneof}"))?.clone());
    }

    let mut numbers = Vec::new();
    let mut watched = Vec::new();
    for field in &message.fields {
        let required = node.required.binary_search(&field.number).ok();
        let oneof = field.oneof.and_then(|oneof| {
            let position =
                node.required_oneofs.iter().position(|&required| usize::try_from(required) == Ok(oneof))?;
            Some(node.required.len() + position)
        });
        let further = node.fields.binary_search_by_key(&field.number, |further| further.number).ok();
        let descend = further
            .map(|further| compile_descend(node.fields[further].node, field, plan, types))
            .transpose()
            .map_err(|problem| format!("field {}: {problem}", field.number))?;
        if required.is_some() || oneof.is_some() || descend.is_some() {
            numbers.push(field.number);
            watched.push(Watched { name: field.name.clone(), satisfies: [required, oneof], descend });
        }
    }
    if let Some(further) = node.fields.iter().find(|further| message.field(further.number).is_none()) {
        return Err(format!("the type has no field {}", further.number));
    }
    let table =
        Table::sparse(message, |field| u32::try_from(numbers.binary_search(&field.number).ok()?).ok());
    budget.spend(table.len() + watched.len() + requirements.len() + 1)?;
    Ok(Node { table, watched: watched.into(), requirements: requirements.into() })
}

fn compile_descend(
    node: u32,
    field: &crate::schema::Field,
    plan: &policy::PresencePlan,
    types: &Types,
) -> Result<Descend, String> {
    let target = types.target(field.target.ok_or("it is not a message")?);
    let index_of = |node: u32, target: &Type| -> Result<usize, String> {
        let index = usize::try_from(node).ok().filter(|&index| index < plan.nodes.len());
        let index = index.ok_or("its node does not exist")?;
        let node_type = types.get(plan.nodes[index].r#type).ok_or("the type of its node does not exist")?;
        if node_type.name != target.name {
            return Err(format!("its node is for `{}`", node_type.name));
        }
        Ok(index)
    };
    let index = index_of(node, target)?;
    if field.label != Label::Map {
        return Ok(Descend { node: index, label: field.label, map: None });
    }
    // A map is looked through to its values: the entry's node only leads there.
    let (Some(key), Some(value)) = (target.field(1), target.field(2)) else {
        return Err("its map entry has no key or no value".into());
    };
    let entry = &plan.nodes[index];
    let [further] = entry.fields.as_slice() else {
        return Err("the node of a map entry leads to the value and nowhere else".into());
    };
    if further.number != 2 || !entry.required.is_empty() || !entry.required_oneofs.is_empty() {
        return Err("the node of a map entry leads to the value and nowhere else".into());
    }
    let value_type = types.target(value.target.ok_or("the value of the map is not a message")?);
    let node = index_of(further.node, value_type)?;
    Ok(Descend { node, label: Label::Map, map: Some((entry_table(target), key.kind)) })
}
