//! The life of the app.

use holdover_engine::{AppState, Input, Part, Switch};

use super::operation;
use crate::api::SERVICE;
use crate::vector::{AppWord, In, PartWord};
use crate::world::World;

pub(super) fn feed(world: &mut World, input: &In) -> Result<(), String> {
    match input {
        In::App(app) => {
            world.app = match app.state {
                AppWord::Foreground => AppState::Foreground,
                AppWord::Background => AppState::Background,
            };
            world.handle(Input::App(world.app))
        }
        In::Pause(pause) => {
            let op = operation(world, &pause.op, "")?;
            world.handle(Input::Pause { op })
        }
        In::Resume(_) => world.handle(Input::Resume),
        In::MemoryPressure(_) => world.handle(Input::MemoryPressure),
        In::Disable(disable) => {
            let op = operation(world, &disable.op, "")?;
            let switch = |switch: &crate::vector::Switch| Switch {
                part: match switch.part {
                    PartWord::Cache => Part::Cache,
                    PartWord::Detail => Part::Detail,
                    PartWord::Outbox => Part::Outbox,
                    PartWord::Replay => Part::Replay,
                },
                methods: switch
                    .methods
                    .as_ref()
                    .map(|names| names.iter().map(|name| format!("{SERVICE}/{name}")).collect()),
            };
            world.handle(Input::Disable { op, switches: disable.switches.iter().map(switch).collect() })
        }
        _ => Err("this is no input about the app's life".into()),
    }
}
