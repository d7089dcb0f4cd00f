//! Inputs of streams.

use holdover_engine::{Form, Input};

use super::{known, metadata, sent, start};
use crate::vector::{Call, Close, End, Item, Say, Take, Written};
use crate::world::World;

/// What a caller takes who takes as many items as come.
const ALL: u32 = u32::MAX;

pub(super) fn open(world: &mut World, call: &Call) -> Result<(), String> {
    start(world, call, Form::Stream)?;
    match call.takes {
        Some(0) => Ok(()),
        items => {
            let (op, _) = known(world, &call.op)?;
            world.handle(Input::Demand { op, items: items.unwrap_or(ALL) })
        }
    }
}

pub(super) fn take(world: &mut World, take: &Take) -> Result<(), String> {
    let (op, _) = known(world, &take.op)?;
    world.handle(Input::Demand { op, items: take.items })
}

pub(super) fn say(world: &mut World, say: &Say) -> Result<(), String> {
    let (op, _) = known(world, &say.op)?;
    world.handle(Input::SendMessage { op, message: say.body.0.clone().into() })
}

pub(super) fn close(world: &mut World, close: &Close) -> Result<(), String> {
    let (op, _) = known(world, &close.op)?;
    world.handle(Input::CloseSend { op })
}

pub(super) fn item(world: &mut World, item: &Item) -> Result<(), String> {
    let (send, attempt) = sent(world, item.send)?;
    world.arrive(send, Input::Message { attempt, message: item.body.0.clone().into() })
}

pub(super) fn end(world: &mut World, end: &End) -> Result<(), String> {
    let (send, attempt) = sent(world, end.send)?;
    let trailers = metadata(&world.api.fill_in(&end.trailers)?)?;
    world.arrive(send, Input::Ended { attempt, trailers })
}

pub(super) fn written(world: &mut World, written: &Written) -> Result<(), String> {
    let (_, attempt) = sent(world, written.send)?;
    world.handle(Input::Written { attempt, messages: written.messages })
}
