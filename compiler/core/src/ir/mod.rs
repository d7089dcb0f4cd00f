//! The policy of every method with everything resolved but nothing encoded: what checks judge, targets spell, `explain`
//! prints and [`crate::policy`] turns into a [`PolicySet`](holdover_annotations::policy::PolicySet).
//!
//! Plain data. Types and fields are named by their full protobuf names and numbers, so that a reader needs the
//! descriptor pool only where it wants more than that. Every value knows where it came from.

mod blocks;
mod importance;
mod origin;
mod template;

pub use blocks::{
    Block, Cache, Code, Delivery, Detail, Mode, Offline, OnPark, Outbox, Override, Priority, Quality, Retry,
    Scope, Signal, Skipped, Storage, Written,
};
pub use importance::{Action, Importance, Plan, PlanNode, Presence, PresenceNode, Reason};
pub use origin::{Level, Origin, Value};
pub use template::{FieldPath, PathError, Root, Step, Tag, TagPart, Template, TemplateError, TemplatePart};

pub use holdover_annotations::policy::method::{Idempotency, Kind};

use std::collections::{BTreeMap, BTreeSet};

/// Everything the annotations of the compiled files say.
#[derive(Clone, Debug, Default)]
pub struct Ir {
    /// The services of the compiled files, in the order of the files and then of the source.
    pub services: Vec<Service>,
    /// Messages that a trimmed response may hold with something left out, by full name.
    pub enriched: BTreeMap<String, Enriched>,
    /// The distinct shapes of all tags, sorted by name, for generated tag constructors.
    pub tags: Vec<Tag>,
}

impl Ir {
    /// All methods of all services.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.services.iter().flat_map(|service| &service.methods)
    }

    /// The method called `pricing.v1.Pricing/GetQuote` (or with a dot instead of the slash).
    pub fn method(&self, name: &str) -> Option<&Method> {
        let name = name.trim_start_matches('/');
        self.methods().find(|method| {
            name.strip_prefix(method.service.as_str())
                .and_then(|rest| rest.strip_prefix(['/', '.']))
                .is_some_and(|rest| rest == method.name)
        })
    }
}

/// A service of the compiled files.
#[derive(Clone, Debug)]
pub struct Service {
    /// `pricing.v1.Pricing`
    pub name: String,
    /// The file that declares it, as it is imported.
    pub file: String,
    /// Where it is in its file's descriptor, as in `SourceCodeInfo.Location.path`: the key to its comments.
    pub path: Vec<i32>,
    /// It says `option deprecated = true`.
    pub deprecated: bool,
    /// In the order of the source.
    pub methods: Vec<Method>,
}

/// A method with its effective policy.
#[derive(Clone, Debug)]
pub struct Method {
    /// `pricing.v1.Pricing`
    pub service: String,
    /// `GetQuote`
    pub name: String,
    /// The file that declares it.
    pub file: String,
    /// Where it is in its file's descriptor.
    pub path: Vec<i32>,
    /// It says `option deprecated = true`.
    pub deprecated: bool,
    /// Unary or which kind of stream.
    pub kind: Kind,
    /// How a call may be repeated: the native `idempotency_level`, else the annotation.
    pub idempotency: Value<Idempotency>,
    /// Full name of the request's type.
    pub request: String,
    /// Full name of the response's type.
    pub response: String,
    /// The request's `idempotency_key` field.
    pub idempotency_key: Option<u32>,
    /// In force only where present.
    pub cache: Option<Cache>,
    /// In force only where present.
    pub offline: Option<Offline>,
    /// Always in force; values that nobody wrote are `None` and left to the runtime.
    pub delivery: Delivery,
    /// In force only where present.
    pub detail: Option<Detail>,
    /// Tags that an acknowledged call makes outdated.
    pub invalidates: Vec<Value<Result<Template, TemplateError>>>,
    /// What a usable response has; without nodes where nothing is REQUIRED.
    pub presence: Presence,
    /// Types with a `cache_epoch` that the request or the response reaches, sorted by name.
    pub epochs: Vec<(String, u32)>,
    /// The request reaches something sensitive.
    pub sensitive_request: bool,
    /// The response reaches something sensitive.
    pub sensitive_response: bool,
    /// What was inherited but does not apply here, and why.
    pub skipped: Vec<Skipped>,
}

impl Method {
    /// `pricing.v1.Pricing/GetQuote`
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.service, self.name)
    }

    /// The call is a stream in one direction at least.
    pub fn is_streaming(&self) -> bool {
        self.kind != Kind::Unary
    }

    /// The retry policy, where there can be one. On a stream it is an error as a whole (STREAM_BLOCKS), whatever it says.
    pub fn retry(&self) -> Option<&Retry> {
        self.delivery.retry.as_ref().filter(|_| !self.is_streaming())
    }

    /// The client sends a sequence of messages, of which nothing is kept.
    pub fn sends_many(&self) -> bool {
        matches!(self.kind, Kind::ClientStream | Kind::BidiStream)
    }

    /// The server sends a sequence of messages.
    pub fn receives_many(&self) -> bool {
        matches!(self.kind, Kind::ServerStream | Kind::BidiStream)
    }

    /// Calling changes nothing, so that answers may be kept.
    pub fn is_read(&self) -> bool {
        self.idempotency.value == Idempotency::NoSideEffects
    }
}

/// What may be missing from a message on a poor network, over all plans of all methods: what accessors are made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enriched {
    /// Fields that some plan drops.
    pub dropped: BTreeSet<u32>,
    /// Message fields (lists and maps too) below which some plan drops something.
    pub descends: BTreeSet<u32>,
}
