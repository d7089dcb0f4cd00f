//! What may be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Makes clients of annotated protobuf APIs that keep working on bad networks.
#[derive(Debug, Parser)]
#[command(name = "holdover", version, long_about = None, after_help = GETTING_STARTED, propagate_version = true)]
pub(crate) struct Arguments {
    /// When to use colours. NO_COLOR is honoured.
    #[arg(long, value_enum, default_value_t = When::Auto, global = true, hide_possible_values = true, value_name = "auto|always|never")]
    pub(crate) color: When,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const GETTING_STARTED: &str = "\
Getting started:
  1. Import \"holdover/annotations.proto\" in your .proto and say what may be cached:
         option (holdover.method).cache = { fresh_for: { seconds: 5 } };
  2. holdover check -I proto proto/pricing/v1/pricing.proto
  3. holdover explain -I proto pricing.v1.Pricing/GetQuote proto/pricing/v1/pricing.proto
  4. holdover generate -I proto --rust-out src/generated proto/pricing/v1/pricing.proto
     (or from build.rs, with the crate holdover-build)

Exit codes: 0 clean, 1 the files have errors, 2 wrong usage, or a file that cannot be read or written.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Generate clients, and the policy for servers.
    #[command(after_help = GENERATE_HELP)]
    Generate(GenerateArguments),
    /// Say what is wrong with annotated files, and write nothing.
    #[command(after_help = CHECK_HELP)]
    Check(CheckArguments),
    /// Say what the annotations mean for one method: every value in force, and who said so.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArguments),
    /// Explain a code, such as the UNSAFE_CACHE of `error[UNSAFE_CACHE]`.
    #[command(after_help = "Example:\n  holdover explain-rule UNSAFE_CACHE")]
    ExplainRule {
        /// The code, in any case.
        code: String,
    },
    /// List all codes, with a line for each.
    Rules,
    /// Write holdover/annotations.proto, for builds that do not know Holdover.
    #[command(after_help = PROTO_HELP)]
    Proto {
        /// The folder that imports start from; the file goes to holdover/annotations.proto below it.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

const GENERATE_HELP: &str = "\
Examples:
  holdover generate -I proto --rust-out src/generated proto/pricing/v1/pricing.proto
  holdover generate -I proto --rust-out out --rust-opt extern_path=.google.type=::google_types api.proto
  holdover generate -I proto --swift-out ios/Generated --swift-opt visibility=public --kotlin-out android/generated api.proto
  holdover generate --descriptor-set api.binpb --policy-out api.policy
  holdover generate                                        (everything from holdover.toml)

Nothing is written when anything is wrong, and files that would not change are not touched.

Options for Rust (--rust-opt NAME=VALUE, repeatable; or [generate.rust] in holdover.toml):
  extern_path=.PROTO=::RUST      another crate has the code of this package or type
  type_attribute=.PROTO=#[ATTR]  adds an attribute to messages, enums and oneofs
  field_attribute=.PROTO=#[ATTR] adds an attribute to fields
  btree_map=.PROTO               makes map fields BTreeMaps
  bytes=.PROTO                   makes bytes fields bytes::Bytes
  holdover_path=::PATH           where generated code finds the crate holdover
  include_file=NAME              writes a file that includes all others as nested modules

Options for Swift (--swift-opt, or [generate.swift]); SwiftProtobuf's plugin makes the messages:
  visibility=internal|public|package
  file_naming=full_path|path_to_underscores|drop_path
  module_mapping=FILE.proto=MODULE   another module has the code of this file
  extra_module_imports=MODULE        imports a module as well
  swift_protobuf_module_name=NAME    what SwiftProtobuf's module is called
  keep_method_casing=true            calls functions GetQuote instead of getQuote
  use_access_level_on_imports=true   says `public import`, for InternalImportsByDefault

Options for Kotlin (--kotlin-opt, or [generate.kotlin]); protoc's --java_out makes the messages, lite or full:
  visibility=public|internal

holdover.toml:
  [input]
  files = [\"proto/pricing/v1/pricing.proto\"]
  include = [\"proto\"]

  [generate]
  policy_out = \"pricing.policy\"

  [generate.rust]
  out = \"src/generated\"
  extern_path = { \".google.type\" = \"::google_types\" }

  [generate.swift]
  out = \"ios/Generated\"
  visibility = \"public\"";

const CHECK_HELP: &str = "\
Examples:
  holdover check -I proto proto/pricing/v1/pricing.proto
  holdover check --deny warnings --format json -I proto proto/pricing/v1/pricing.proto
  holdover check --descriptor-set api.binpb

A warning that is right in general but wrong here is silenced where it stands:
  option (holdover.method).allow = { code: \"DROP_REPEATED\" reason: \"the list is decoration\" };";

const EXPLAIN_HELP: &str = "\
Examples:
  holdover explain -I proto pricing.v1.Pricing/GetQuote proto/pricing/v1/pricing.proto
  holdover explain pricing.v1.Pricing/GetQuote             (files from holdover.toml)
  holdover explain pricing.v1.Pricing/GetQuote --sample quote.binpb

A sample is one encoded response: `grpcurl … | protoc --encode=pricing.v1.Quote …`, or a body that was recorded.";

const PROTO_HELP: &str = "\
Example:
  holdover proto --out third_party
  protoc -I proto -I third_party --python_out=gen proto/pricing/v1/pricing.proto";

/// Where the schema comes from.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InputArguments {
    /// The .proto files. Default: those of holdover.toml. Of a descriptor set: as they are imported; default: all.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// A folder that imports start from; repeatable, first come first served. Default: this folder.
    #[arg(short = 'I', long = "include", value_name = "DIR", conflicts_with = "descriptor_set")]
    pub(crate) includes: Vec<PathBuf>,

    /// A descriptor set instead: of `protoc --include_imports --include_source_info -o`, or of `buf build -o`.
    #[arg(long, value_name = "FILE")]
    pub(crate) descriptor_set: Option<PathBuf>,

    /// An overlay: annotations of an API that may not be edited, as a holdover.Overlay in text format; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) overlay: Vec<PathBuf>,

    /// Read this file instead of holdover.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct GenerateArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// Generate Rust into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) rust_out: Option<PathBuf>,

    /// An option for Rust; repeatable. See below.
    #[arg(long = "rust-opt", value_name = "NAME=VALUE", requires = "rust_out")]
    pub(crate) rust_options: Vec<String>,

    /// Generate Swift into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) swift_out: Option<PathBuf>,

    /// An option for Swift; repeatable. See below.
    #[arg(long = "swift-opt", value_name = "NAME=VALUE", requires = "swift_out")]
    pub(crate) swift_options: Vec<String>,

    /// Generate Kotlin into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) kotlin_out: Option<PathBuf>,

    /// An option for Kotlin; repeatable. See below.
    #[arg(long = "kotlin-opt", value_name = "NAME=VALUE", requires = "kotlin_out")]
    pub(crate) kotlin_options: Vec<String>,

    /// Write the compiled policy of all services to this file, for servers.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy_out: Option<PathBuf>,

    /// Treat warnings as errors.
    #[arg(long, value_enum, value_name = "warnings")]
    pub(crate) deny: Option<Deny>,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// How to print: for people, or as JSON on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Treat warnings as errors.
    #[arg(long, value_enum, value_name = "warnings")]
    pub(crate) deny: Option<Deny>,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// The method: package.Service/Method.
    #[arg(value_name = "METHOD")]
    pub(crate) method: String,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// An encoded response, to see what trimming saves on it.
    #[arg(long, value_name = "FILE")]
    pub(crate) sample: Option<PathBuf>,

    /// How to print: for people, or as JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    Warnings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
