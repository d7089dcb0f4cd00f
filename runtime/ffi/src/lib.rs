//! The C ABI of Holdover's core, for its Swift and Kotlin packages; with the feature `jni`, the JVM's way to it.
//!
//! Apps do not use this. The packages in `runtime/swift` and `runtime/kotlin` do, and this page says what the two sides owe
//! each other. `include/holdover.h` has every function; `proto/holdover/boundary/v1/boundary.proto` has every message that
//! is more than an integer. Only encoded protobuf messages and integers cross.
//!
//! # Handles
//!
//! Runtimes, sessions, hits and buffers are numbers with a kind and a generation in them, never pointers. One that was
//! closed, was never given, or is of another kind, is `HOLDOVER_MISUSE` wherever it is passed, and closing twice is, too.
//! Numbers are not reused. What the caller promises, because nobody can check it, is that pointers are readable or
//! writable for the lengths that stand beside them.
//!
//! Every function may be called on any thread, and none waits for the network or the disk. Errors are codes; functions
//! that can say more take a pointer to a buffer, which may be null, and which is filled only on failure, with an encoded
//! `Error` that is to be released. A panic inside is caught, and is `HOLDOVER_BUG`.
//!
//! # Operations
//!
//! `holdover_op_new` gives an id, then `holdover_start`, `holdover_put` or `holdover_command` uses it up, with a token: the
//! host's reference to whoever waits, such as a retained pointer. Where that returns `HOLDOVER_OK`, the token is the core's
//! until the operation's terminal event, which has `HOLDOVER_FLAG_LAST`, comes exactly once, and is the last one with that
//! token; there the host takes its reference back. Otherwise there is no event, and the token never left the host.
//!
//! Cancelling may come at any time and from any thread: before the start, which then ends at once; between events; after
//! the end, which is no mistake. Who cancels hears `HOLDOVER_EVENT_CANCELLED`, unless another end came first. The end of
//! a runtime ends its operations with `HOLDOVER_MISUSE`.
//!
//! Events of one operation come one after the other and in order. Where the operation ends inside of the call that starts
//! or cancels it, the event comes inside of that call, on its thread. The core holds no lock then.
//!
//! # Streams
//!
//! Nothing is delivered that was not asked for: `holdover_credit` adds to what may come (rule G5). A host that buffers n
//! items asks for n, and for another one as each is taken. The end, too, is found by asking: while a host reads, it always
//! has something asked for. Where `Method.replay` is set, small numbers are better: what
//! waits with the host cannot be skipped any more (two in the Rust client; sixteen elsewhere). The client's side has
//! credits the other way round: `HOLDOVER_EVENT_CREDIT` allows `holdover_send`.
//!
//! # Hits
//!
//! `holdover_probe` answers on the calling thread from memory, without a copy: the bytes stay where they are until
//! `holdover_release(hit)`. It never waits for the disk. Generated code decodes messages up to 32 kB on the spot, and
//! longer ones elsewhere.
//!
//! # What the core asks
//!
//! The host answers what its configuration says that it answers. Each request has an id, in `op` of its event, and is
//! answered by `holdover_reply`, at once or later, from any thread. One that nobody waits for any more is
//! `HOLDOVER_GONE`, which is no mistake.
//!
//! | event | reply | if there is none |
//! | --- | --- | --- |
//! | `ASK_CREDENTIALS`, of sessions whose configuration has `credentials` | `CREDENTIALS` | calls end by their timeouts |
//! | `ASK_KEY`, of runtimes whose configuration has `key_provider` | `KEY` | the store is unavailable after 30 s |
//! | `HTTP_REQUEST`, of runtimes whose `transport` is `HOST` | see below | calls end by their timeouts |
//!
//! An HTTP exchange goes like this. `HTTP_REQUEST` has all but a streamed body, which comes as `HTTP_BODY` events, as many
//! as `holdover_credit(runtime, request, n)` allows. The host replies `HTTP_HEAD` once, `HTTP_CHUNK` for what arrives, as it
//! arrives, and `HTTP_END` or `HTTP_FAILED`; nothing comes after that from either side. It may be ahead of the core by
//! `window_bytes` and what `HTTP_PULL` has added, and stops reading from the network there: that is how a reader who does
//! not read stops a server. What a stack delivers unstoppably after that is taken up to 4 MB, then the exchange fails.
//! `HTTP_CANCEL` ends the exchange from the core's side.
//!
//! # Symbols
//!
//! The dynamic library exports `holdover_*`, and `Java_*` with the feature `jni`; a test looks at it. The static library
//! (`--crate-type staticlib`) has SQLite's names in it, as any static library has what it is made of, and an app that
//! brings its own SQLite would clash with them. Ship the dynamic one, or link the static one into one object first and hide
//! the rest:
//!
//! ```text
//! ld -r -o holdover.o --whole-archive libholdover_ffi.a && objcopy --wildcard --keep-global-symbol='holdover_*' holdover.o
//! ld -r -exported_symbol '_holdover_*' -force_load libholdover_ffi.a -o holdover.o         # Apple
//! ```
//!
//! Build with `cargo rustc --profile library --crate-type cdylib`, and no other crate type beside it, which would keep what
//! nobody calls. The profile keeps line tables, for a file of symbols beside the library: `dsymutil` on Apple's
//! systems, `objcopy --only-keep-debug` elsewhere, before `strip`.

#[allow(missing_docs, clippy::all, reason = "generated by prost-build")]
#[allow(dead_code, unreachable_pub, reason = "the other side reads it")]
mod boundary {
    include!("generated/holdover.boundary.v1.rs");
}

pub mod abi;

mod buffer;
mod command;
mod exchange;
mod guard;
mod hint;
mod hooks;
mod host;
mod host_http;
#[cfg(feature = "jni")]
pub mod jni;
mod message;
mod operations;
mod requests;
mod runtime;
mod session;
#[cfg(feature = "testing")]
mod story;
mod table;
