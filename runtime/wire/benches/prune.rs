//! How fast pruning is, beside decoding, clearing and encoding the same message with prost, and beside copying it.
//!
//! The message is a real one: `descriptors.binpb`, the `FileDescriptorSet` of the 66 files under `envoy/admin`, `envoy/data`,
//! `envoy/type` and `xds` of the Envoy API (Apache-2.0, as in envoy-types 0.7.7), 296 kB with comments and positions, parsed
//! by protox-parse and encoded by prost. The deep mask drops leaves all over it (names, comments, options) and keeps about
//! half of the bytes; the shallow one drops whole fields of the files. The two ways must give the same bytes, or this fails;
//! how long they take never makes it fail.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use holdover_annotations::policy::{self, field, prune_field::Action};
use holdover_wire::{Limits, Pruner, Schema};
use prost::Message as _;
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const SET: &[u8] = include_bytes!("descriptors.binpb");
/// How often everything is measured, in turns, and how many calls of the fast things make one turn.
const ROUNDS: usize = 300;
const CALLS: usize = 10;

fn main() {
    let message = Bytes::from_static(SET);
    println!("{} bytes: FileDescriptorSet of 66 files of the Envoy API, with source info\n", message.len());
    let deep = pruner(&[
        ("FileDescriptorSet", "file", false),
        ("FileDescriptorProto", "message_type", false),
        ("FileDescriptorProto", "enum_type", false),
        ("FileDescriptorProto", "source_code_info", false),
        ("FileDescriptorProto", "options", true),
        ("DescriptorProto", "name", true),
        ("DescriptorProto", "field", false),
        ("DescriptorProto", "nested_type", false),
        ("DescriptorProto", "enum_type", false),
        ("DescriptorProto", "options", true),
        ("FieldDescriptorProto", "name", true),
        ("FieldDescriptorProto", "json_name", true),
        ("FieldDescriptorProto", "options", true),
        ("EnumDescriptorProto", "name", true),
        ("EnumDescriptorProto", "options", true),
        ("SourceCodeInfo", "location", false),
        ("SourceCodeInfo.Location", "leading_comments", true),
        ("SourceCodeInfo.Location", "trailing_comments", true),
    ]);
    let ratio = measure("deep mask: names, comments and options dropped", &message, &deep, clear_deep);
    let met = if ratio >= BAR { "met" } else { "MISSED" };
    println!("  {met}: {ratio:.1}x prost decode-clear-encode, bar {BAR}x\n");
    let shallow = pruner(&[
        ("FileDescriptorSet", "file", false),
        ("FileDescriptorProto", "source_code_info", true),
        ("FileDescriptorProto", "options", true),
    ]);
    measure("shallow mask: source info and options of files dropped", &message, &shallow, clear_shallow);
}

/// What pruning owes: this many times the throughput of decode-clear-encode with the deep mask. The ratio to memcpy, and the
/// shallow mask, have no bar.
const BAR: f64 = 12.0;

/// Prints the throughputs, in input bytes, and their ratios. Gives the ratio to decode-clear-encode.
fn measure(what: &str, message: &Bytes, pruner: &Pruner, clear: fn(&mut FileDescriptorSet)) -> f64 {
    let limits = Limits::DEFAULT;
    let decoded = || {
        let mut set = FileDescriptorSet::decode(message.clone()).expect("the fixture is valid");
        clear(&mut set);
        set.encode_to_vec()
    };
    let expected = decoded();
    let pruned = pruner.prune(message, &limits).expect("the fixture is valid");
    assert!(pruned.message == expected, "pruning differs from decode-clear-encode");
    let kept = 100.0 * expected.len() as f64 / message.len() as f64;
    println!("{what}: {} bytes kept ({kept:.0} %), byte-identical to decode-clear-encode", expected.len());

    let mut buffer = Vec::new();
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        time(&mut times[0], 1, || _ = black_box(decoded()));
        time(&mut times[1], CALLS, || _ = black_box(pruner.prune(black_box(message), &limits)));
        time(&mut times[2], CALLS, || {
            _ = black_box(pruner.prune_into(black_box(message), &limits, &mut buffer));
        });
        time(&mut times[3], CALLS, || _ = black_box(black_box(message).to_vec()));
    }
    let [prost, fresh, used, memcpy] = times.each_ref().map(|times| best(times));
    let speed = |seconds: f64| message.len() as f64 / 1e6 / seconds;
    println!("  prost decode-clear-encode  {:>8.0} MB/s", speed(prost));
    for (what, seconds) in [("prune                   ", fresh), ("prune into a used buffer", used)] {
        println!(
            "  {what}   {:>8.0} MB/s   {:.1}x prost, {:.2}x memcpy",
            speed(seconds),
            prost / seconds,
            memcpy / seconds
        );
    }
    println!("  memcpy of the message      {:>8.0} MB/s\n", speed(memcpy));
    prost / fresh
}

/// Adds the seconds that each of some calls takes.
fn time(times: &mut Vec<f64>, calls: usize, mut call: impl FnMut()) {
    for _ in 0..calls {
        let start = Instant::now();
        call();
        times.push(start.elapsed().as_secs_f64());
    }
}

/// The best time: what the work takes when the machine does nothing else. Anything above it is noise, and noise does not hit
/// long calls and short ones alike.
fn best(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn clear_deep(set: &mut FileDescriptorSet) {
    for file in &mut set.file {
        file.options = None;
        file.message_type.iter_mut().for_each(clear_message);
        file.enum_type.iter_mut().for_each(clear_enum);
        for location in file.source_code_info.iter_mut().flat_map(|info| &mut info.location) {
            location.leading_comments = None;
            location.trailing_comments = None;
        }
    }
}

fn clear_message(message: &mut DescriptorProto) {
    message.name = None;
    message.options = None;
    message.nested_type.iter_mut().for_each(clear_message);
    message.enum_type.iter_mut().for_each(clear_enum);
    message.field.iter_mut().for_each(clear_field);
}

fn clear_field(field: &mut FieldDescriptorProto) {
    field.name = None;
    field.json_name = None;
    field.options = None;
}

fn clear_enum(message: &mut EnumDescriptorProto) {
    message.name = None;
    message.options = None;
}

fn clear_shallow(set: &mut FileDescriptorSet) {
    for file in &mut set.file {
        file.source_code_info = None;
        file.options = None;
    }
}

/// A plan from (type, field, whether to drop it or to go on in it), compiled.
fn pruner(actions: &[(&str, &str, bool)]) -> Pruner {
    let pool = DescriptorPool::global();
    let file = pool.get_file_by_name("google/protobuf/descriptor.proto").expect("the pool has it");
    let mut types: Vec<MessageDescriptor> = Vec::new();
    let mut todo: Vec<_> = file.messages().collect();
    while let Some(next) = todo.pop() {
        todo.extend(next.child_messages());
        types.push(next);
    }
    types.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    let index = |name: &str| {
        let position = types.iter().position(|desc| desc.full_name() == name).expect("the type exists");
        u32::try_from(position).expect("there are few types")
    };
    // One node for every type, under the same index, after node 0, which is the message.
    let node = |desc: &MessageDescriptor| {
        let mut fields: Vec<_> = actions
            .iter()
            .filter(|(name, ..)| desc.full_name() == format!("google.protobuf.{name}"))
            .map(|(_, field, drop)| {
                let field = desc.get_field_by_name(field).expect("the field exists");
                let action = match field.kind().as_message() {
                    Some(next) if !drop => Action::Descend(1 + index(next.full_name())),
                    _ => Action::Drop(true),
                };
                policy::PruneField { number: field.number(), action: Some(action) }
            })
            .collect();
        fields.sort_by_key(|field| field.number);
        policy::PruneNode { r#type: index(desc.full_name()), fields, drop_unknown: false }
    };
    let root = types[index("google.protobuf.FileDescriptorSet") as usize].clone();
    let plan = policy::PrunePlan {
        nodes: [&root].into_iter().chain(&types).map(node).collect(),
        hash: "0".repeat(32),
        mask_paths: vec![],
    };
    let lower = |field: FieldDescriptor| policy::Field {
        number: field.number(),
        name: field.name().into(),
        // Pruning asks of a kind only whether it is a message.
        kind: if field.kind().as_message().is_some() { field::Kind::Message } else { field::Kind::Bytes }
            as i32,
        presence: if field.is_list() { field::Presence::Repeated } else { field::Presence::Explicit } as i32,
        r#type: field.kind().as_message().map_or(0, |target| index(target.full_name())),
        oneof: 0,
        sensitive: false,
    };
    let message_type = |desc: &MessageDescriptor| {
        let mut fields: Vec<_> = desc.fields().map(lower).collect();
        fields.sort_by_key(|field| field.number);
        policy::MessageType { name: desc.full_name().into(), fields, ..Default::default() }
    };
    let set = policy::PolicySet {
        format_version: holdover_annotations::POLICY_FORMAT,
        types: types.iter().map(message_type).collect(),
        methods: vec![policy::Method {
            service: "bench.Service".into(),
            name: "Get".into(),
            request_type: index(root.full_name()),
            response_type: index(root.full_name()),
            detail: Some(policy::Detail { response: Some(plan), ..Default::default() }),
            ..Default::default()
        }],
        compiler: String::new(),
    };
    let schema = Schema::new(&set).expect("the policy is valid");
    schema.methods()[0].response_pruner().expect("there is a plan").clone()
}
