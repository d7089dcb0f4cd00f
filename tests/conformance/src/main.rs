//! A client for the Connect conformance suite: reads calls from stdin, makes them by Holdover's transport, and writes what
//! came of them to stdout. Both are messages behind their lengths, four bytes, big-endian.
//!
//! It stands where the runtime stands: it measures the caller's time, and it drops calls that are cancelled.
#![forbid(unsafe_code)]

mod call;
mod code;
mod header;
mod outcome;
mod sender;

use std::sync::Arc;

use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Stdin, Stdout};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

/// What the runner and its clients say to one another.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub(crate) mod connectrpc {
    pub(crate) mod conformance {
        pub(crate) mod v1 {
            holdover::include_proto!("connectrpc.conformance.v1");
        }
    }
}

pub(crate) use connectrpc::conformance::v1 as proto;
use proto::client_compat_response::Result as Outcome;
use proto::{ClientCompatRequest, ClientCompatResponse, ClientErrorResult};

/// Calls at once. The runner's cases with delays are many.
const AT_ONCE: usize = 32;
/// No case is longer.
const LONGEST: usize = 64 << 20;

type Failed = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut cases = tokio::io::stdin();
    let answers = Arc::new(Mutex::new(tokio::io::stdout()));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    while let Some(case) = read(&mut cases).await? {
        let place = places.clone().acquire_owned().await?;
        let answers = answers.clone();
        calls.spawn(async move {
            let test_name = case.test_name.clone();
            let outcome = match call::run(case).await {
                Ok(response) => Outcome::Response(response),
                Err(message) => Outcome::Error(ClientErrorResult { message }),
            };
            drop(place);
            write(&mut *answers.lock().await, &ClientCompatResponse { test_name, result: Some(outcome) })
                .await
        });
    }
    while let Some(written) = calls.join_next().await {
        written??;
    }
    Ok(())
}

/// The next case; `None` when the runner has no more.
async fn read(cases: &mut Stdin) -> Result<Option<ClientCompatRequest>, Failed> {
    let length = match cases.read_u32().await {
        Ok(length) => usize::try_from(length)?,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if length > LONGEST {
        return Err(format!("a case of {length} bytes: this is not the runner").into());
    }
    let mut case = vec![0; length];
    cases.read_exact(&mut case).await?;
    Ok(Some(ClientCompatRequest::decode(&case[..])?))
}

async fn write(answers: &mut Stdout, answer: &ClientCompatResponse) -> Result<(), Failed> {
    let bytes = answer.encode_to_vec();
    answers.write_u32(u32::try_from(bytes.len())?).await?;
    answers.write_all(&bytes).await?;
    Ok(answers.flush().await?)
}
