//! `holdover generate`.

use std::path::PathBuf;

use holdover_build::files::{Written, write_all};
use holdover_compiler::pipeline::Compilation;
use holdover_compiler::target::{Comments, Context, Language, OptionError, OutputFile};
use prost::Message as _;

use crate::arguments::GenerateArguments;
use crate::config::{self, Config};
use crate::failure::{Failure, Outcome};
use crate::terminal::Terminal;
use crate::{check, input};

/// What to write, and where.
struct Plan {
    languages: Vec<(PathBuf, Language)>,
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

/// What the command line and `holdover.toml` say of a language.
struct Asked<'a> {
    name: &'static str,
    out: Option<&'a PathBuf>,
    options: &'a [String],
    /// Whether `holdover.toml` speaks of it, where it goes by that, and what it chooses.
    configured: Option<(Option<PathBuf>, Language)>,
}

impl Asked<'_> {
    /// Where the language goes, if it is asked for. What the command line says comes first.
    fn settle(self, config: &Config) -> Result<Option<(PathBuf, Language)>, Failure> {
        let Some(out) = self.out else {
            let Some((out, language)) = self.configured else { return Ok(None) };
            let out = out.ok_or_else(|| {
                let name = self.name;
                Failure::Usage(format!(
                    "[generate.{name}] in holdover.toml has no `out`; say where the code goes"
                ))
            })?;
            return Ok(Some((config.path(&out), language)));
        };
        let mut language = match self.configured {
            Some((_, language)) => language,
            None => Language::named(self.name)?,
        };
        for option in self.options {
            language.set(option)?;
        }
        Ok(Some((out.clone(), language)))
    }
}

impl Plan {
    fn new(arguments: &GenerateArguments, config: &Config) -> Result<Self, Failure> {
        let config::Generate { policy_out, rust, swift, kotlin } = config.generate.clone();
        let rust = rust.map(|mut rust| (rust.out.take(), Language::Rust(rust.options())));
        let swift = swift.map(|mut swift| Ok((swift.out.take(), Language::Swift(swift.options()?))));
        let kotlin = kotlin.map(|mut kotlin| Ok((kotlin.out.take(), Language::Kotlin(kotlin.options()?))));
        let asked = [
            Asked {
                name: "rust",
                out: arguments.rust_out.as_ref(),
                options: &arguments.rust_options,
                configured: rust,
            },
            Asked {
                name: "swift",
                out: arguments.swift_out.as_ref(),
                options: &arguments.swift_options,
                configured: swift.transpose().map_err(|error: OptionError| Failure::Option(error))?,
            },
            Asked {
                name: "kotlin",
                out: arguments.kotlin_out.as_ref(),
                options: &arguments.kotlin_options,
                configured: kotlin.transpose().map_err(|error: OptionError| Failure::Option(error))?,
            },
        ];
        let mut languages = Vec::new();
        for asked in asked {
            languages.extend(asked.settle(config)?);
        }
        let configured = policy_out.map(|path| config.path(&path));
        let policy = arguments.policy_out.clone().or(configured);
        if languages.is_empty() && policy.is_none() {
            return Err(Failure::Usage(
                "nothing to generate; say where it goes: --rust-out DIR, --swift-out DIR, --kotlin-out DIR, --policy-out \
                 FILE, or [generate.rust] and so on in holdover.toml"
                    .to_owned(),
            ));
        }
        Ok(Self { languages, policy })
    }

    fn write(&self, compilation: &Compilation) -> Result<Written, Failure> {
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        if !self.languages.is_empty() {
            let comments = Comments::of(&compilation.loaded.descriptor_set());
            let context = Context::new(compilation, &comments)?;
            for (out, language) in &self.languages {
                let generated = language.generate(&context)?;
                files.extend(
                    generated
                        .into_iter()
                        .map(|OutputFile { path, content }| (out.join(path.as_str()), content)),
                );
            }
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
