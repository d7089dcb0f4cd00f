//! `holdover explain`.

use crate::arguments::ExplainArguments;
use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;

pub(crate) fn run(_arguments: ExplainArguments, _terminal: &Terminal) -> Result<Outcome, Failure> {
    Ok(Outcome::Clean)
}
