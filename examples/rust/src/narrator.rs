//! The terminal view: what happens, why, how long it took and what it cost. Plain lines where there is no terminal.

use std::io::IsTerminal;
use std::time::Duration;

/// The annotated API, shown where it explains a step.
const PROTO: &str = include_str!("../../proto/pricing/v1/pricing.proto");
const PROTO_NAME: &str = "examples/proto/pricing/v1/pricing.proto";

/// Tells the story, and remembers whether it went as told.
pub(crate) struct Narrator {
    colour: bool,
    steps: usize,
    broken: Vec<String>,
}

#[derive(Clone, Copy)]
enum Ink {
    Title,
    Quiet,
    Good,
    Bad,
}

impl Narrator {
    pub(crate) fn new() -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour, steps: 0, broken: Vec::new() }
    }

    /// A line of plain text.
    pub(crate) fn say(&self, text: &str) {
        println!("   {text}");
    }

    /// Begins a step, and shows the policy line that makes it so: the first line of `element` (an rpc, a message or a
    /// field) that contains `words`.
    pub(crate) fn step(&mut self, title: &str, element: &str, words: &str) {
        self.steps += 1;
        println!("\n{}", self.paint(Ink::Title, &format!("{:>2} {title}", self.steps)));
        match policy_line(element, words) {
            Some((number, line)) => {
                println!("   {}", self.paint(Ink::Quiet, &format!("{PROTO_NAME}:{number}")));
                println!("   {}", self.paint(Ink::Quiet, &format!("  {line}")));
            }
            None => self.check(false, &format!("{PROTO_NAME} has no line “{words}” in {element}")),
        }
    }

    /// One observation: where an answer came from and what it says, with its time and its bytes.
    pub(crate) fn show(&self, what: &str, took: Duration, bytes: u64) {
        let cost = if bytes == 0 { "no bytes".to_owned() } else { format!("{bytes} bytes on the wire") };
        println!("   → {what}");
        println!("     {}", self.paint(Ink::Quiet, &format!("{}, {cost}", milliseconds(took))));
    }

    /// A promise of the step: shown, and remembered if it was not kept.
    pub(crate) fn check(&mut self, kept: bool, promise: &str) {
        if kept {
            println!("   {} {promise}", self.paint(Ink::Good, "✓"));
        } else {
            println!("   {} {promise}", self.paint(Ink::Bad, "✗ NOT SO:"));
            self.broken.push(format!("step {}: {promise}", self.steps));
        }
    }

    /// Ends the story: an error when a step did not do what it says.
    pub(crate) fn end(self) -> Result<(), String> {
        println!();
        if self.broken.is_empty() {
            println!("{}", self.paint(Ink::Good, &format!("All {} steps did what they say.", self.steps)));
            return Ok(());
        }
        Err(format!("{} promise(s) were not kept:\n  {}", self.broken.len(), self.broken.join("\n  ")))
    }

    fn paint(&self, ink: Ink, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Title => "1",
            Ink::Quiet => "2",
            Ink::Good => "32",
            Ink::Bad => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// The number and text of the first line with `words` from the line that has `element` on.
fn policy_line(element: &str, words: &str) -> Option<(usize, &'static str)> {
    let lines = || PROTO.lines().enumerate();
    let (start, _) = lines().find(|(_, line)| line.contains(element))?;
    let (number, line) = lines().skip(start).find(|(_, line)| line.contains(words))?;
    Some((number + 1, line.trim()))
}
