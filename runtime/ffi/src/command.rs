//! What hosts tell a runtime to do, and hear the end of.

use std::sync::Arc;

use bytes::Bytes;
use holdover_client::binding::TagBuilder;
use holdover_client::host::{OpId, Start};
use holdover_client::{OutboxChoice, Part, Switch, Tag};

use crate::boundary::{self, command, tag_part};
use crate::guard::Refusal;
use crate::message;
use crate::runtime::HostRuntime;
use crate::session;

/// Carries out an encoded command.
pub(crate) fn carry_out(
    runtime: &Arc<HostRuntime>,
    op: u64,
    token: u64,
    command: &Bytes,
) -> Result<(), Refusal> {
    let claim = runtime.operations().claim(op)?;
    let command: boundary::Command = message::read(command, "Command")?;
    let start = match command.command {
        None => return Err(Refusal::misuse("the Command says nothing: set one of its members")),
        Some(command::Command::Shutdown(_)) => {
            claim.shut_down(runtime.runtime(), runtime.listener(), token);
            return Ok(());
        }
        Some(command::Command::SignOut(sign_out)) => Start::SignOut {
            session: session::find_of(sign_out.session, runtime)?,
            outbox: if sign_out.hold_outbox { OutboxChoice::Hold } else { OutboxChoice::Discard },
        },
        Some(command::Command::Erase(account)) => {
            let account = message::read_account(Some(account));
            account.check()?;
            Start::Erase(account)
        }
        Some(command::Command::Invalidate(invalidate)) => Start::Invalidate {
            session: session::find_of(invalidate.session, runtime)?,
            tag: tag(invalidate.tag)?,
        },
        Some(command::Command::Pause(_)) => Start::Pause,
        Some(command::Command::Disable(disable)) => {
            Start::Disable(disable.switches.into_iter().map(switch).collect::<Result<_, _>>()?)
        }
        Some(command::Command::Refresh(refresh)) => Start::Refresh { observer: OpId(refresh.observer) },
    };
    runtime.starting(op, || claim.start(runtime.runtime(), runtime.listener(), token, start))
}

fn tag(parts: Vec<boundary::TagPart>) -> Result<Tag, Refusal> {
    let mut tag = TagBuilder::new();
    for part in parts {
        tag = match part.part {
            None => return Err(Refusal::misuse("a part of the tag says nothing: set one of its members")),
            Some(tag_part::Part::Literal(text)) => tag.literal(&text),
            Some(tag_part::Part::Text(text)) => tag.value(text),
            Some(tag_part::Part::Signed(number)) => tag.value(number),
            Some(tag_part::Part::Unsigned(number)) => tag.value(number),
            Some(tag_part::Part::Boolean(is)) => tag.value(is),
            Some(tag_part::Part::Bytes(bytes)) => tag.value(&bytes[..]),
        };
    }
    Ok(tag.build())
}

fn switch(switch: boundary::Switch) -> Result<Switch, Refusal> {
    let part = match boundary::Part::try_from(switch.part) {
        Ok(boundary::Part::Cache) => Part::Cache,
        Ok(boundary::Part::Detail) => Part::Detail,
        Ok(boundary::Part::Outbox) => Part::Outbox,
        Ok(boundary::Part::Replay) => Part::Replay,
        Err(_) => return Err(Refusal::misuse(format!("there is no part {} to turn off", switch.part))),
    };
    let some = switch.some_methods || !switch.methods.is_empty();
    Ok(Switch { part, methods: some.then_some(switch.methods) })
}
