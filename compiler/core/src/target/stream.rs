//! Streaming methods, which generated clients do not have yet.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::Kind;
use crate::pipeline::Compilation;

/// A streaming method is left out of generated clients.
pub const STREAM_LEFT_OUT: Code = Code::new("STREAM_LEFT_OUT");

/// Codes of what targets find, with the pages that explain them.
pub const PAGES: &[(Code, &str)] = &[(
    STREAM_LEFT_OUT,
    "Generated clients have unary methods only for now. The streaming method is left out: of the interface, of the \
     client and of the fake, and what is annotated on it has no effect. Call it with your gRPC library until then. The \
     rest of the service is generated as usual.",
)];

/// What is said in the files, but not in what is generated.
pub fn warnings(compilation: &Compilation) -> Diagnostics {
    let streams = compilation.ir.methods().filter(|method| method.is_streaming());
    let warnings = streams.map(|method| {
        let kind = match method.kind {
            Kind::ServerStream => "a server stream",
            Kind::ClientStream => "a client stream",
            _ => "a stream in both directions",
        };
        let mut warning = Diagnostic::warning(
            STREAM_LEFT_OUT,
            format!("`{}` is {kind}, so generated clients do not have it yet", method.name),
        )
        .subject(method.full_name())
        .help("call it with your gRPC library until streams are generated");
        if let Some(span) =
            compilation.loaded.file(&method.file).and_then(|file| file.name_span(&method.path))
        {
            warning = warning.at(span, "left out");
        }
        warning
    });
    warnings.collect()
}
