//! A vector on its way: what the host is to do next, and whether everything came out.

use std::collections::{BTreeSet, VecDeque};

use holdover_client::{CredentialsProvider, InlineDriver, RuntimeBuilder};
use serde::{Deserialize, Serialize};

use super::{Action, LiveWorld, Report};
use crate::api::Api;
use crate::replay::{Mismatch, Problem, compare};
use crate::vector::{Delivery, In, Out, Vector};
use crate::world::{Shown, sessions_of};

/// What a host is told. In JSON an object with one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    /// To be done.
    Do(Box<Action>),
    /// Wait until so many deliveries have come that were not reported yet.
    Wait(u64),
    /// Everything came out as the vector says.
    Passed(bool),
    /// Something did not.
    Failed(String),
}

/// See the [module](super).
pub struct LiveStory {
    vector: Vector,
    world: LiveWorld,
    /// What is to be done before the story goes on.
    actions: VecDeque<Action>,
    /// What the host was told last.
    last: Option<Instruction>,
    step: usize,
    stage: Stage,
    /// Deliveries of this process that were reported.
    reported: u64,
    got: Vec<Shown>,
    /// Operations that refresh an observer.
    refreshes: BTreeSet<String>,
}

/// How far a step has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The setting is made.
    Setting,
    /// Time passes up to it.
    Before,
    /// Its input has happened.
    Within,
    Over,
}

impl LiveStory {
    /// A vector, before its first step.
    ///
    /// # Errors
    /// When the setting is not understood.
    pub fn new(api: &Api, vector: &Vector) -> Result<Self, String> {
        let mut world = LiveWorld::new(api, vector)?;
        let actions = world.begin(sessions_of(vector).into_iter().collect())?.into();
        let refreshes = vector.steps.iter().filter_map(|step| match &step.input {
            Some(In::Refresh(refresh)) => Some(refresh.op.clone()),
            _ => None,
        });
        Ok(Self {
            vector: vector.clone(),
            world,
            actions,
            last: None,
            step: 0,
            stage: Stage::Setting,
            reported: 0,
            got: Vec::new(),
            refreshes: refreshes.collect(),
        })
    }

    /// A runtime on the edges of the process that begins: add the endpoints, and what else
    /// [`Action::Start`] says.
    pub fn builder(&self) -> RuntimeBuilder {
        self.world.builder()
    }

    /// Takes what drives that runtime.
    pub fn attach(&mut self, driver: InlineDriver) {
        driver.watch();
        self.reported = 0;
        self.world.driver = Some(driver);
    }

    /// What answers for a session's credentials.
    #[must_use]
    pub fn credentials(&self, session: &str) -> impl CredentialsProvider + use<> {
        self.world.credentials(session)
    }

    /// As [`LiveStory::next`], in JSON: takes an array of reports and gives an instruction.
    #[must_use]
    pub fn next_json(&mut self, reports: &str) -> String {
        let instruction = match serde_json::from_str(reports) {
            Ok(reports) => self.next(reports),
            Err(error) => Instruction::Failed(format!("the reports cannot be read: {error}")),
        };
        serde_json::to_string(&instruction).expect("instructions are plain data")
    }

    /// Takes what came since the last time, and says what is to be done next.
    #[must_use]
    pub fn next(&mut self, reports: Vec<Report>) -> Instruction {
        let next = match self.go_on(reports) {
            Ok(next) => next,
            Err(problem) => Instruction::Failed(self.mismatch(problem).to_string()),
        };
        self.last = Some(next.clone());
        next
    }

    fn go_on(&mut self, reports: Vec<Report>) -> Result<Instruction, Problem> {
        if let Some(end @ (Instruction::Passed(_) | Instruction::Failed(_))) = &self.last {
            return Ok(end.clone());
        }
        let idle = reports.is_empty() && matches!(self.last, Some(Instruction::Wait(_)));
        self.hear(reports);
        loop {
            self.world.settle().map_err(Problem::Mistake)?;
            let delivered = self.world.driver.as_ref().map_or(0, InlineDriver::delivered);
            // That memory has nothing and that a call is refused are reported, too, and are no deliveries.
            self.reported = self.reported.min(delivered);
            let missing = delivered - self.reported;
            if missing > 0 && idle {
                let text = format!("deliveries were made that the host does not report: {missing}");
                return Err(Problem::Mistake(text));
            }
            if missing > 0 {
                return Ok(Instruction::Wait(missing));
            }
            if let Some(action) = self.actions.pop_front() {
                return Ok(Instruction::Do(Box::new(action)));
            }
            if self.advance()? {
                return Ok(Instruction::Passed(true));
            }
        }
    }

    /// Goes on by one stage or one timer. Whether that was the end.
    fn advance(&mut self) -> Result<bool, Problem> {
        let Some(step) = self.vector.steps.get(self.step) else { return Ok(true) };
        match self.stage {
            Stage::Setting => self.stage = Stage::Before,
            Stage::Before => {
                if let Some(at) = step.at
                    && !self.world.pass(at.0).map_err(Problem::Mistake)?
                {
                    return Ok(false);
                }
                self.stage = Stage::Within;
                if let Some(input) = step.input.clone() {
                    let actions = self.world.feed(&input).map_err(Problem::Mistake)?;
                    self.actions.extend(actions);
                }
            }
            Stage::Within => self.stage = Stage::Over,
            Stage::Over => {
                let mut got = std::mem::take(&mut self.got);
                got.extend(self.world.shown());
                if let Some(problem) = compare(&as_told(&step.out, &got, &self.refreshes), &got) {
                    return Err(problem);
                }
                self.step += 1;
                self.stage = Stage::Before;
            }
        }
        Ok(false)
    }

    fn hear(&mut self, reports: Vec<Report>) {
        if matches!(self.last_done(), Some(Action::Start { .. })) {
            // Of a process that is gone.
            return;
        }
        for report in reports {
            self.reported += 1;
            let shown = self.world.hear(report);
            if !self.adds(&shown) {
                self.got.push(shown);
            }
        }
    }

    /// What the host was asked to do last, if it was asked to do something.
    fn last_done(&self) -> Option<&Action> {
        match &self.last {
            Some(Instruction::Do(action)) => Some(action),
            _ => None,
        }
    }

    /// Credit that comes at the same instant as some before it is one credit.
    fn adds(&mut self, shown: &Shown) -> bool {
        if let Some(Shown { at, out: Out::To(before), .. }) = self.got.last_mut()
            && let Out::To(delivery) = &shown.out
            && (*at, &before.to) == (shown.at, &delivery.to)
            && let (Some(credit), Some(more)) = (&mut before.credit, delivery.credit)
        {
            *credit += more;
            return true;
        }
        false
    }

    fn mismatch(&self, problem: Problem) -> Mismatch {
        let step = self.vector.steps.get(self.step).filter(|_| self.stage != Stage::Setting);
        Mismatch::new(&self.vector, step.map_or(0, |_| self.step + 1), step, problem)
    }
}

/// What is expected, as a host says it that is told less: whether an answer was reduced by the method's own plan, and not
/// by which; that a refresh has ended, and not with what.
fn as_told(expected: &[Out], got: &[Shown], refreshes: &BTreeSet<String>) -> Vec<Out> {
    const UNKNOWN: &str = "unknown";
    let told = |tells: &dyn Fn(&Delivery) -> bool| {
        got.iter().any(|shown| matches!(&shown.out, Out::To(to) if tells(to)))
    };
    let mut expected = expected.to_vec();
    for out in &mut expected {
        let Out::To(delivery) = out else { continue };
        if let Some(plan) = &mut delivery.plan
            && told(&|to| to.plan.as_deref() == Some(UNKNOWN))
        {
            UNKNOWN.clone_into(plan);
        }
        let refreshed = delivery.value.is_some() && refreshes.contains(&delivery.to);
        if refreshed && told(&|to| to.done && to.to == delivery.to) {
            *delivery = Delivery { to: delivery.to.clone(), done: true, ..Delivery::default() };
        }
    }
    expected
}

impl std::fmt::Debug for LiveStory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveStory")
            .field("title", &self.vector.title)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
