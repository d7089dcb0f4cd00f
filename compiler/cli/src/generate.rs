//! `holdover generate`.

use std::path::PathBuf;

use holdover_build::files::{Written, write_all};
use holdover_compiler::pipeline::Compilation;
use holdover_compiler::target::rust::{Rust, RustOptions};
use holdover_compiler::target::{Comments, Context, OutputFile, generate};
use prost::Message as _;

use crate::arguments::GenerateArguments;
use crate::config::{self, Config};
use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;
use crate::{check, input};

/// What to write, and where.
struct Plan {
    rust: Option<(PathBuf, RustOptions)>,
    policy: Option<PathBuf>,
}

pub(crate) fn run(arguments: &GenerateArguments, terminal: &Terminal) -> Result<Outcome, Failure> {
    let config = Config::load(arguments.input.config.as_deref())?;
    let deny = arguments.deny.is_some() || !config.check.deny.is_empty();
    let plan = Plan::new(arguments, &config)?;
    let compilation = input::compile(&arguments.input, &config, terminal)?;
    let report = check::warnings(&compilation);
    terminal.report(&report);
    if deny && !report.diagnostics.is_empty() {
        terminal.note("Nothing was written, because warnings are denied.\n");
        return Ok(Outcome::Findings);
    }
    let written = plan.write(&compilation)?;
    terminal.note(&summary(&written));
    Ok(Outcome::Clean)
}

impl Plan {
    fn new(arguments: &GenerateArguments, config: &Config) -> Result<Self, Failure> {
        let configured = config.generate.rust.clone();
        let rust = match (&arguments.rust_out, configured) {
            (Some(out), configured) => {
                let mut options = configured.map(config::Rust::options).unwrap_or_default();
                for option in &arguments.rust_options {
                    options.set(option)?;
                }
                Some((out.clone(), options))
            }
            (None, Some(mut rust)) => {
                let out = rust.out.take();
                let out = out.ok_or_else(|| {
                    Failure::Usage(
                        "[generate.rust] in holdover.toml has no `out`; say where Rust goes".to_owned(),
                    )
                })?;
                Some((config.path(&out), rust.options()))
            }
            (None, None) => None,
        };
        let configured = config.generate.policy_out.as_deref().map(|path| config.path(path));
        let policy = arguments.policy_out.clone().or(configured);
        if rust.is_none() && policy.is_none() {
            return Err(Failure::Usage(
                "nothing to generate; say where it goes: --rust-out DIR, --policy-out FILE, or [generate.rust] in \
                 holdover.toml"
                    .to_owned(),
            ));
        }
        Ok(Self { rust, policy })
    }

    fn write(&self, compilation: &Compilation) -> Result<Written, Failure> {
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        if let Some((out, options)) = &self.rust {
            let comments = Comments::of(&compilation.loaded.descriptor_set());
            let context = Context::new(compilation, &comments)?;
            let generated = generate(&Rust::new(&context, options.clone())?, &context)?;
            files.extend(
                generated.into_iter().map(|OutputFile { path, content }| (out.join(path.as_str()), content)),
            );
        }
        files.extend(self.policy.iter().map(|path| (path.clone(), compilation.policy.encode_to_vec())));
        let files: Vec<(PathBuf, &[u8])> =
            files.iter().map(|(path, content)| (path.clone(), content.as_slice())).collect();
        Ok(write_all(&files)?)
    }
}

fn summary(written: &Written) -> String {
    let mut text = String::new();
    for path in &written.changed {
        text.push_str(&format!("wrote {}\n", path.display()));
    }
    if !written.unchanged.is_empty() {
        text.push_str(&format!("{} unchanged\n", written.unchanged.len()));
    }
    text
}
