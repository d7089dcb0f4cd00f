//! Apps in processes of their own: what is on disk outlives them, however they end.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod kill;
mod restart;
mod sensitive;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use holdover_e2e::{Server, Site};

/// When a process runs: the number of the boot, when that was, and how long ago; in seconds from the first boot.
#[derive(Clone, Copy)]
struct Moment {
    boot: u64,
    booted: u64,
    since: u64,
}

/// In the first boot.
fn at(seconds: u64) -> Moment {
    Moment { boot: 1, booted: 0, since: seconds }
}

/// The app `rider`, running.
struct Rider {
    child: Child,
    commands: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// What it said about its store.
    notes: Vec<String>,
}

impl Rider {
    fn start(site: &Site, server: &Server, folder: &Path, moment: Moment) -> Self {
        Self::start_at(&server.url(), site, folder, moment)
    }

    fn start_at(url: &str, site: &Site, folder: &Path, moment: Moment) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_rider")), url, site, folder, moment)
    }

    /// Its files cannot grow beyond a few hundred kilobytes.
    #[cfg(unix)]
    fn start_cramped(url: &str, site: &Site, folder: &Path, moment: Moment) -> Self {
        let mut shell = Command::new("sh");
        // In blocks of 512 bytes. Writing more is an error, and not the end, where the signal is ignored.
        shell.args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_rider")]);
        Self::run(shell, url, site, folder, moment)
    }

    fn run(mut command: Command, url: &str, site: &Site, folder: &Path, moment: Moment) -> Self {
        let mut child = command
            .arg(url)
            .arg(format!("{:?}", site.protocol))
            .arg(folder)
            .args([moment.boot, moment.booted, moment.since].map(|number| number.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (commands, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, commands, output, notes: Vec::new() }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
    }

    /// The next line that is an answer.
    fn hear(&mut self) -> String {
        loop {
            let line = self.line().expect("the rider runs");
            match line.strip_prefix("! ") {
                Some(note) => self.notes.push(note.to_owned()),
                None => return line,
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.output.read_line(&mut line).unwrap() > 0).then(|| line.trim_end().to_owned())
    }

    fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.hear()
    }

    /// Lets it end as it wants to. Returns what it said about its store.
    fn end(mut self) -> Vec<String> {
        drop(self.commands.take());
        while let Some(line) = self.line() {
            self.notes.push(line.strip_prefix("! ").expect("nothing was asked").to_owned());
        }
        assert!(self.child.wait().unwrap().success());
        std::mem::take(&mut self.notes)
    }

    /// SIGKILL: it gets no chance to do anything.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Rider {
    fn drop(&mut self) {
        // When a test has failed; otherwise it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nobody listens there.
fn dead_end() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

const NOTHING: [String; 0] = [];
