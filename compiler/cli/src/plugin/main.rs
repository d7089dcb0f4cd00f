//! `protoc-gen-holdover`: the generators as a plugin of protoc and buf.
//!
//! ```text
//! protoc --holdover_out=out --holdover_opt=target=swift,visibility=public …
//! ```
//!
//! A plugin reads a `CodeGeneratorRequest` from standard input and writes a `CodeGeneratorResponse` to standard output:
//! <https://protobuf.dev/reference/other/>. What is wrong with the files is said in the response, as protoc asks; the exit
//! code is for what is wrong with the request itself.
#![forbid(unsafe_code)]

mod parameter;
mod wire;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use holdover_compiler::diagnostic::{Diagnostics, Report, Style};
use holdover_compiler::load::load_descriptor_set;
use holdover_compiler::pipeline::compile_loaded;
use holdover_compiler::target::{Comments, Context, OutputFile, warnings};
use prost::Message as _;

use crate::wire::{File, Request, Response};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Nobody can help it if standard error is closed.
            let _ = writeln!(std::io::stderr(), "protoc-gen-holdover: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("cannot read the request: {error}"))?;
    let request = Request::decode(bytes.as_slice()).map_err(|error| {
        format!("the input is no CodeGeneratorRequest ({error}); protoc and buf start this program: --holdover_out=DIR")
    })?;
    let response = Response::of(respond(&request));
    let mut out = std::io::stdout().lock();
    out.write_all(&response.encode_to_vec())
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write the response: {error}"))
}

/// The generated files, or what protoc shall say.
fn respond(request: &Request) -> Result<Vec<File>, String> {
    let language = parameter::language(request.parameter())?;
    let set = request.descriptor_set();
    let loaded = load_descriptor_set("the request", &set, &request.file_to_generate);
    let compilation = loaded
        .and_then(|loaded| compile_loaded(loaded, &mut ()))
        .map_err(|report| report.human(Style::plain()))?;

    let mut diagnostics: Diagnostics = compilation.warnings.clone();
    diagnostics.extend(warnings(&compilation));
    if !diagnostics.is_empty() {
        let report = Report { diagnostics, sources: compilation.loaded.sources().clone() };
        // Nobody can help it if standard error is closed.
        let _ = write!(std::io::stderr(), "{}", report.human(Style::plain()));
    }

    let comments = Comments::of(&compilation.loaded.descriptor_set());
    let context = Context::new(&compilation, &comments).map_err(|error| error.to_string())?;
    let files = language.generate(&context).map_err(|error| error.to_string())?;
    files
        .into_iter()
        .map(|OutputFile { path, content }| {
            let content =
                String::from_utf8(content).map_err(|_| format!("{path} is no text; please report this"))?;
            Ok(File { name: Some(path.to_string()), content: Some(content) })
        })
        .collect()
}
