//! Method over service over file, field by field inside a block; oneofs and lists replace.

use crate::annotation::{Annotated, Annotations, Site};
use crate::ir::{Block, Level, Origin, Value, Written};
use holdover_annotations::annotations::MethodPolicy;
use std::time::Duration;

/// A block as one element writes it.
pub(super) struct Layer<'a, B> {
    pub(super) level: Level,
    pub(super) block: &'a B,
    pub(super) site: &'a Site,
}

// Derived impls would ask for `B: Copy`.
impl<B> Clone for Layer<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<B> Copy for Layer<'_, B> {}

/// A block as all elements around a method write it, nearest first.
pub(super) struct Layers<'a, B> {
    pub(super) name: Block,
    pub(super) layers: Vec<Layer<'a, B>>,
}

/// The policies that apply to a method, nearest first.
pub(super) struct Policies<'a> {
    levels: Vec<(Level, &'a Annotated<MethodPolicy>)>,
}

impl<'a> Policies<'a> {
    /// Names as in [`Annotations`].
    pub(super) fn of(annotations: &'a Annotations, file: &str, service: &str, method: &str) -> Self {
        let levels = [
            (Level::Method, annotations.methods.get(method)),
            (Level::Service, annotations.services.get(service)),
            (Level::File, annotations.files.get(file)),
        ];
        Self { levels: levels.into_iter().filter_map(|(level, policy)| Some((level, policy?))).collect() }
    }

    /// The layers of a block. `from_file` is false for blocks that never come from a file.
    pub(super) fn block<B>(
        &self,
        name: Block,
        from_file: bool,
        get: impl Fn(&'a MethodPolicy) -> Option<&'a B>,
    ) -> Layers<'a, B> {
        let layers = self
            .levels
            .iter()
            .filter(|(level, _)| from_file || *level != Level::File)
            .filter_map(|(level, annotated)| {
                Some(Layer { level: *level, block: get(&annotated.policy)?, site: &annotated.site })
            })
            .collect();
        Layers { name, layers }
    }

    /// What the method itself says.
    pub(super) fn own(&self) -> Option<&'a Annotated<MethodPolicy>> {
        self.levels.iter().find(|(level, _)| *level == Level::Method).map(|(_, annotated)| *annotated)
    }

    /// A value outside of the blocks, of the method or its service.
    pub(super) fn pick<T>(&self, path: &str, get: impl Fn(&MethodPolicy) -> Option<T>) -> Option<Value<T>> {
        self.levels.iter().filter(|(level, _)| *level != Level::File).find_map(|(level, annotated)| {
            let value = get(&annotated.policy)?;
            Some(Value { value, origin: origin(*level, &annotated.site, path) })
        })
    }
}

impl<'a, B> Layers<'a, B> {
    /// Somebody writes the block.
    pub(super) fn exists(&self) -> bool {
        !self.layers.is_empty()
    }

    /// The method writes it.
    pub(super) fn own(&self) -> bool {
        self.layers.first().is_some_and(|layer| layer.level == Level::Method)
    }

    /// Where the nearest block stands.
    pub(super) fn origin(&self) -> Origin {
        self.layers.first().map_or(Origin::DEFAULT, |layer| origin(layer.level, layer.site, self.name.word()))
    }

    /// The nearest value of a part of the block.
    pub(super) fn pick<T>(&self, part: &str, get: impl Fn(&'a B) -> Option<T>) -> Option<Value<T>> {
        self.layers.iter().find_map(|layer| {
            let value = get(layer.block)?;
            let path = format!("{}.{part}", self.name.word());
            Some(Value { value, origin: origin(layer.level, layer.site, &path) })
        })
    }

    /// The nearest list that is not empty, each item with its own place.
    pub(super) fn list<T: 'a>(&self, part: &str, get: impl Fn(&'a B) -> &'a [T]) -> Vec<Value<&'a T>> {
        let nearest =
            self.layers.iter().map(|layer| (layer, get(layer.block))).find(|(_, list)| !list.is_empty());
        let Some((layer, list)) = nearest else { return Vec::new() };
        let path = format!("{}.{part}", self.name.word());
        list.iter()
            .enumerate()
            .map(|(index, item)| Value {
                value: item,
                origin: origin(layer.level, layer.site, &format!("{path}[{index}]")),
            })
            .collect()
    }

    /// The nearest duration of a part of the block.
    pub(super) fn duration(
        &self,
        part: &str,
        get: impl Fn(&'a B) -> Option<&'a prost_types::Duration>,
    ) -> Option<Value<Written>> {
        self.pick(part, |block| get(block).map(duration))
    }
}

pub(super) fn origin(level: Level, site: &Site, path: &str) -> Origin {
    Origin { level, span: site.span(path), overlay: site.is_overlay(path) }
}

/// The value of an enum, where an explicit UNSPECIFIED stands for the default and still overrides what is inherited.
pub(super) fn specified<E: Copy + PartialEq>(written: Option<E>, unspecified: E, default: E) -> E {
    written.filter(|written| *written != unspecified).unwrap_or(default)
}

/// Durations of at most 365 days with nanoseconds in range; anything else is carried on as it was written.
pub(super) fn duration(written: &prost_types::Duration) -> Written {
    let valid = || {
        let seconds = u64::try_from(written.seconds).ok()?;
        let nanos = u32::try_from(written.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
        Some(Duration::new(seconds, nanos)).filter(|duration| *duration <= MAX_DURATION)
    };
    valid().ok_or(*written)
}

/// The longest duration that an annotation may say.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);
