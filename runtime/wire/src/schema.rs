//! From a policy to the plans that run: every index, order and bound is checked once, here.

mod types;

use std::collections::{HashMap, HashSet};

use holdover_annotations::{POLICY_FORMAT, policy};

pub(crate) use types::{Field, Label, Type, Types, sorted};

use crate::{Keyer, PolicyError, Presence, Pruner, ReadMask, Template};

/// How many methods one policy may have.
const MAX_METHODS: usize = 1 << 16;
/// How many plan entries one policy may have, over all methods: what bounds the memory that compiling takes.
const MAX_PLAN_ENTRIES: usize = 1 << 23;

/// The compiled plans of every method of a policy. Immutable; its plans are cheap to clone and to share between threads.
#[derive(Debug)]
pub struct Schema {
    methods: Vec<Method>,
    by_path: HashMap<String, usize>,
}

impl Schema {
    /// Compiles the plans of every method.
    ///
    /// # Errors
    ///
    /// A policy of another format, or one with a dangling index, a wrong order, a plan that does not fit its types, or
    /// absurd sizes.
    pub fn new(policy: &policy::PolicySet) -> Result<Self, PolicyError> {
        if policy.format_version != POLICY_FORMAT {
            return Err(PolicyError::new(
                "format_version",
                format_args!("it is {}, and this release reads {POLICY_FORMAT}", policy.format_version),
            ));
        }
        if policy.methods.len() > MAX_METHODS {
            return Err(PolicyError::new("methods", "there are too many"));
        }
        let types = Types::new(&policy.types)?;
        let mut budget = Budget(MAX_PLAN_ENTRIES);
        let mut methods = Vec::with_capacity(policy.methods.len());
        let mut by_path = HashMap::with_capacity(policy.methods.len());
        let mut services = HashSet::new();
        for (index, method) in policy.methods.iter().enumerate() {
            let starts_service = index == 0 || policy.methods[index - 1].service != method.service;
            if starts_service && !services.insert(&method.service) {
                return Err(PolicyError::new("methods", "the methods of a service do not stand together"));
            }
            let compiled = Method::new(method, &types, &mut budget)?;
            if by_path.insert(compiled.path.clone(), index).is_some() {
                return Err(PolicyError::new(&compiled.path, "the method occurs twice"));
            }
            methods.push(compiled);
        }
        Ok(Self { methods, by_path })
    }

    /// The methods, in the order and with the indexes of [`policy::PolicySet::methods`].
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method with this path on the wire: `/pricing.v1.Pricing/GetQuote`.
    pub fn method(&self, path: &str) -> Option<&Method> {
        self.methods.get(*self.by_path.get(path)?)
    }
}

/// The compiled plans of one method.
#[derive(Clone, Debug)]
pub struct Method {
    path: String,
    key: Option<Keyer>,
    tags: Vec<Template>,
    invalidates: Vec<Template>,
    presence: Option<Presence>,
    response: Option<Pruner>,
    request: Option<Pruner>,
    read_mask: Option<ReadMask>,
}

impl Method {
    fn new(method: &policy::Method, types: &Types, budget: &mut Budget) -> Result<Self, PolicyError> {
        let path = format!("/{}/{}", method.service, method.name);
        let bad_name = |name: &str| name.is_empty() || name.len() > 1_024 || name.contains('/');
        if bad_name(&method.service) || bad_name(&method.name) {
            return Err(PolicyError::new(
                "methods",
                "a service or method name is empty, too long or has a slash",
            ));
        }
        let at = |plan: &str| format!("{}/{}, {plan}", method.service, method.name);
        let type_of = |index: u32, what: &str| {
            types.get(index).ok_or_else(|| PolicyError::new(at(what), "the type does not exist"))
        };
        type_of(method.request_type, "request_type")?;
        type_of(method.response_type, "response_type")?;
        let roots = Roots { types, request: method.request_type, response: method.response_type };

        let mut compiled = Self {
            path,
            key: None,
            tags: Vec::new(),
            invalidates: Vec::new(),
            presence: None,
            response: None,
            request: None,
            read_mask: None,
        };
        let templates = |templates: &[policy::Template], what: &str| {
            templates
                .iter()
                .map(|template| {
                    Template::new(template, &roots).map_err(|problem| PolicyError::new(at(what), problem))
                })
                .collect::<Result<Vec<_>, _>>()
        };
        if let Some(cache) = &method.cache {
            if let Some(plan) = &cache.key {
                let keyer = Keyer::new(plan, types, method.request_type, budget);
                compiled.key = Some(keyer.map_err(|problem| PolicyError::new(at("cache.key"), problem))?);
            }
            compiled.tags = templates(&cache.tags, "cache.tags")?;
        }
        compiled.invalidates = templates(&method.invalidates, "invalidates")?;
        if let Some(plan) = &method.presence {
            let presence = Presence::new(plan, types, method.response_type, budget);
            compiled.presence = Some(presence.map_err(|problem| PolicyError::new(at("presence"), problem))?);
        }
        if let Some(detail) = &method.detail {
            let mut pruner = |plan: &Option<policy::PrunePlan>, root: u32, what: &str| {
                let plan = plan.as_ref().map(|plan| Pruner::new(plan, types, root, budget)).transpose();
                plan.map_err(|problem| PolicyError::new(at(what), problem))
            };
            compiled.response = pruner(&detail.response, method.response_type, "detail.response")?;
            compiled.request = pruner(&detail.request, method.request_type, "detail.request")?;
            if let Some(policy::detail::Signal::ReadMask(path)) = &detail.signal {
                let mask = ReadMask::new(path, types, method.request_type);
                compiled.read_mask =
                    Some(mask.map_err(|problem| PolicyError::new(at("detail.read_mask"), problem))?);
            }
        }
        Ok(compiled)
    }

    /// `/pricing.v1.Pricing/GetQuote`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The request part of the cache key, where the method is cached.
    pub fn key(&self) -> Option<&Keyer> {
        self.key.as_ref()
    }

    /// The tags of a cached answer.
    pub fn tags(&self) -> &[Template] {
        &self.tags
    }

    /// The tags that an acknowledged call makes outdated.
    pub fn invalidates(&self) -> &[Template] {
        &self.invalidates
    }

    /// The REQUIRED parts of the response, where there are any.
    pub fn presence(&self) -> Option<&Presence> {
        self.presence.as_ref()
    }

    /// What to leave out of a response in reduced detail.
    pub fn response_pruner(&self) -> Option<&Pruner> {
        self.response.as_ref()
    }

    /// What to leave out of a request in reduced detail.
    pub fn request_pruner(&self) -> Option<&Pruner> {
        self.request.as_ref()
    }

    /// The request's field mask, where that is the signal for reduced detail.
    pub fn read_mask(&self) -> Option<&ReadMask> {
        self.read_mask.as_ref()
    }
}

/// Where the paths of a template may start.
pub(crate) struct Roots<'a> {
    pub(crate) types: &'a Types,
    pub(crate) request: u32,
    pub(crate) response: u32,
}

/// How many entries the plans of a policy may still have. Nodes share types, so a small policy could ask for a huge table.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn spend(&mut self, entries: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(entries).ok_or("the plans of the policy are too large")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
