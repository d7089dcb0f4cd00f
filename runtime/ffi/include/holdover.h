// The boundary between Holdover's core and the Swift and Kotlin packages. Made by cbindgen from runtime/ffi/src/abi;
// `cargo xtask regenerate` renews it. The messages that it speaks of are those of boundary.proto, encoded.
//
// Nothing here is meant for apps. What each side owes the other is said in runtime/ffi/src/lib.rs.

#ifndef HOLDOVER_H
#define HOLDOVER_H

#include <stddef.h>
#include <stdint.h>

// The version of everything here and of `boundary.proto`. A package and a library that differ must not work together.
#define HOLDOVER_ABI_VERSION 1

// Done; or in an event: no error.
#define HOLDOVER_OK 0

// The network was not used, and nothing that is stored may be served.
#define HOLDOVER_OFFLINE 1

// No contact with the server.
#define HOLDOVER_UNREACHABLE 2

// No answer in time.
#define HOLDOVER_TIMEOUT 3

// Something between here and the server answered.
#define HOLDOVER_INTERCEPTED 4

// The server answered that it cannot now.
#define HOLDOVER_UNAVAILABLE 5

// The server refused: `Error.status` has its code.
#define HOLDOVER_REJECTED 6

// The account has no credentials that the server accepts.
#define HOLDOVER_SIGN_IN_REQUIRED 7

// The session was signed out.
#define HOLDOVER_SIGNED_OUT 8

// The answer lacks REQUIRED fields, or cannot be read.
#define HOLDOVER_UNUSABLE 9

// A parked call holds this call's scope in the outbox.
#define HOLDOVER_SCOPE_BLOCKED 10

// The store failed, and the call needs it.
#define HOLDOVER_STORAGE 11

// A message or its metadata is over a limit.
#define HOLDOVER_TOO_LARGE 12

// An argument, a configuration or a call is wrong: a null pointer, a handle that was closed or is of another kind, bytes
// that cannot be read. The error says how to mend it.
#define HOLDOVER_MISUSE 13

// Of terminal events only: the operation was cancelled.
#define HOLDOVER_CANCELLED 64

// A bug in the core was caught at the boundary. Nothing of the call happened as far as the host can rely on it.
#define HOLDOVER_BUG 65

// Of `holdover_reply` only: nobody waits for this any more, so stop. No mistake: the core and the host pass each other.
#define HOLDOVER_GONE 66

// One answer: ends with `HOLDOVER_EVENT_ANSWER`.
#define HOLDOVER_GET 1

// The states of an answer: `HOLDOVER_EVENT_STATE` until it is cancelled, or signed out.
#define HOLDOVER_OBSERVE 2

// A stream: `HOLDOVER_EVENT_ITEM` as credited, then `HOLDOVER_EVENT_ENDED`, or `HOLDOVER_EVENT_ANSWER` where the method
// answers once. The request is empty where the client sends a sequence.
#define HOLDOVER_STREAM 3

// A warm entry: ends with `HOLDOVER_EVENT_DONE`.
#define HOLDOVER_PREFETCH 4

// Terminal. `code` 0: `snapshot` is the answer; otherwise `bytes` is an encoded `Error`.
#define HOLDOVER_EVENT_ANSWER 1

// The state of an observer, which replaces the one before. `count` is `HOLDOVER_STATE_*`; a value is in `snapshot`, a
// failure in `code` and `bytes`. Terminal if the failure is `HOLDOVER_SIGNED_OUT` or the runtime has ended.
#define HOLDOVER_EVENT_STATE 2

// An item of a stream, in `snapshot`.
#define HOLDOVER_EVENT_ITEM 3

// `count` more messages may be sent by `holdover_send`.
#define HOLDOVER_EVENT_CREDIT 4

// Terminal: the end of a prefetch, a put or a command. `code` and `bytes` say how it went.
#define HOLDOVER_EVENT_DONE 5

// Terminal: the end of a stream. `code` 0: the server ended it with OK.
#define HOLDOVER_EVENT_ENDED 6

// Terminal: cancelled by the host, or dropped with the runtime. `code` is `HOLDOVER_CANCELLED`.
#define HOLDOVER_EVENT_CANCELLED 7

// The core asks for credentials: `op` is the request's id, `bytes` a `CredentialsAsk`.
#define HOLDOVER_EVENT_ASK_CREDENTIALS 16

// The core asks for a key to be wrapped or unwrapped: `op` is the request's id, `bytes` a `KeyAsk`.
#define HOLDOVER_EVENT_ASK_KEY 17

// The core sends an HTTP request: `op` is the request's id, `bytes` an `HttpRequest`.
#define HOLDOVER_EVENT_HTTP_REQUEST 32

// `bytes` is the next piece of the request's body, raw: as many events as `holdover_credit` allows. With
// `HOLDOVER_FLAG_LAST`: the body is complete after it.
#define HOLDOVER_EVENT_HTTP_BODY 33

// The host may send `count` bytes more of the response's body.
#define HOLDOVER_EVENT_HTTP_PULL 34

// Stop the exchange; nobody wants its answer. The host may still be replying, which does no harm. Not sent after the
// host's HTTP_END or HTTP_FAILED.
#define HOLDOVER_EVENT_HTTP_CANCEL 35

// Connections may be dead without a sign: new requests should take new ones. Has no `op`.
#define HOLDOVER_EVENT_HTTP_SUSPECT 36

// Something was decided: `bytes` is a `Decision`. Only if the configuration wants `events`.
#define HOLDOVER_EVENT_DECISION 48

// The network's class has changed: `count` is the number of a `Quality`. Only if the configuration wants `quality`.
#define HOLDOVER_EVENT_QUALITY 49

// Of an event's `flags`: of an operation, this is its terminal event: the one after which nothing comes and the token is
// the host's again. Of `HOLDOVER_EVENT_HTTP_BODY`: the body ends here.
#define HOLDOVER_FLAG_LAST 1

// Nothing may be shown yet.
#define HOLDOVER_STATE_LOADING 0

// `snapshot` is the newest value that may be shown.
#define HOLDOVER_STATE_VALUE 1

// Nothing may be shown, and `bytes` says why. Another attempt follows, unless the event is terminal.
#define HOLDOVER_STATE_FAILED 2

// `bytes` is a `CredentialsReply`.
#define HOLDOVER_REPLY_CREDENTIALS 1

// `bytes` is a `KeyReply`.
#define HOLDOVER_REPLY_KEY 2

// `bytes` is an `HttpHead`.
#define HOLDOVER_REPLY_HTTP_HEAD 16

// `bytes` is the next piece of the response's body, raw and as it came.
#define HOLDOVER_REPLY_HTTP_CHUNK 17

// The response is complete. `bytes` is an `HttpEnd`; nothing, if there are no trailers.
#define HOLDOVER_REPLY_HTTP_END 18

// The exchange has failed: `bytes` is an `HttpFailure`.
#define HOLDOVER_REPLY_HTTP_FAILED 19

// The value is the answer to a request that this delivery waited for.
#define HOLDOVER_SOURCE_NETWORK 1

// The value is from memory or disk.
#define HOLDOVER_SOURCE_CACHE 2

// The value is the kept last message of a stream.
#define HOLDOVER_SOURCE_REPLAY 3

// Younger than `fresh_for`.
#define HOLDOVER_FRESH 1

// Older, or known to be outdated, but still worth showing.
#define HOLDOVER_STALE 2

// Past every window.
#define HOLDOVER_EXPIRED 3

// The value is all of the answer.
#define HOLDOVER_DETAIL_FULL 1

// The value is what the method's plan keeps.
#define HOLDOVER_DETAIL_REDUCED 2

// Of a snapshot's `flags`: a newer answer is being fetched.
#define HOLDOVER_SNAPSHOT_REFRESHING 1

// Of a snapshot's `flags`: messages of the stream may be missing before this one.
#define HOLDOVER_SNAPSHOT_GAP 2

// Of a snapshot's `flags`: the value lacks what the plan of its method drops (`Method.plan`).
#define HOLDOVER_SNAPSHOT_WITHHELD 4

// Of a snapshot's `flags`: `last_known` is a message, even if it is empty.
#define HOLDOVER_SNAPSHOT_LAST_KNOWN 8

// Bytes that somebody else owns. `ptr` may be null where `len` is 0.
//
// As an argument of a function they are read before it returns. In a callback they are valid until it returns.
typedef struct HoldoverBytes {
  // Where they begin.
  const uint8_t *ptr;
  // How many there are.
  size_t len;
} HoldoverBytes;

// A value and where it came from. The bytes live as long as the event, or until the hit is released.
typedef struct HoldoverSnapshot {
  // The encoded message.
  struct HoldoverBytes value;
  // The last full answer that is still stored, where `value` lacks something and `flags` says so.
  struct HoldoverBytes last_known;
  // Why the last refresh failed: an encoded `Error`. Nothing, if it did not.
  struct HoldoverBytes error;
  // When the server gave the value, in milliseconds since 1970 by the wall clock.
  int64_t as_of_ms;
  // How long ago that was when this was made, by a clock that goes on while the device sleeps.
  uint64_t age_ns;
  // `HOLDOVER_SOURCE_*`
  uint8_t source;
  // `HOLDOVER_FRESH` and so on.
  uint8_t freshness;
  // `HOLDOVER_DETAIL_*`
  uint8_t detail;
  // `HOLDOVER_SNAPSHOT_*`, added up.
  uint8_t flags;
} HoldoverSnapshot;

// What the core tells the host.
typedef struct HoldoverEvent {
  // `HOLDOVER_EVENT_*`
  uint32_t kind;
  // `HOLDOVER_FLAG_*`, added up.
  uint32_t flags;
  // The operation, or the id of what the core asks; 0 where there is neither.
  uint64_t op;
  // The token of the operation, as the host gave it; 0 where there is none.
  uint64_t token;
  // `HOLDOVER_OK`, or why something failed.
  int32_t code;
  // As the kind says.
  uint32_t count;
  // Null where the kind has none.
  const struct HoldoverSnapshot *snapshot;
  // As the kind says.
  struct HoldoverBytes bytes;
} HoldoverEvent;

// Who hears what the core tells.
//
// `on_event` is called on threads of the core, and on a thread of the host's while that is inside of a function of this
// library, and from several threads at a time; about one operation one after the other, in order. The core holds no lock
// meanwhile, so it may call anything here; it must not block, must not take a lock that the host holds around calls
// into this library, and must not unwind.
typedef struct HoldoverHost {
  // Handed to both functions. The core does nothing else with it.
  void *context;
  // Hears everything.
  void (*on_event)(void *context, const struct HoldoverEvent *event);
  // Called once, when `on_event` has returned for the last time; may be null.
  void (*release)(void *context);
} HoldoverHost;

// Bytes that the core made for the host: valid until `holdover_release(owner)`. `owner` is 0 where there are none.
typedef struct HoldoverBuffer {
  // The bytes.
  struct HoldoverBytes bytes;
  // What to release.
  uint64_t owner;
} HoldoverBuffer;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of this library's boundary: compare it with `HOLDOVER_ABI_VERSION` of the header before anything else.
uint32_t holdover_abi_version(void);

// Makes a runtime of a `RuntimeConfig`. No IO and no threads yet. Returns its handle, or 0 with the reason in `error`.
//
// `host` is copied. Where 0 is returned, `host->release` has not been called and will not be.
//
// # Safety
//
// `config` is readable, `host` points to a `HoldoverHost` whose functions fit its context and stay callable until
// `release` was called; `error` is null or writable.
uint64_t holdover_runtime_new(struct HoldoverBytes config,
                              const struct HoldoverHost *host,
                              struct HoldoverBuffer *error);

// Ends a runtime and its sessions: every operation gets its terminal event before this returns, unless another thread is
// just telling it. What the store was told before is still written. To wait for that, use the command `shutdown` first.
//
// # Safety
//
// None: any number may be passed.
int32_t holdover_runtime_free(uint64_t runtime);

// Registers an encoded policy set, as generated code embeds it. The same bytes may be registered again and give the same
// methods. `registered` becomes an encoded `Registered`, to be released.
//
// # Safety
//
// `policy` is readable; `registered` and `error` are each null or writable.
int32_t holdover_policy_register(uint64_t runtime,
                                 struct HoldoverBytes policy,
                                 struct HoldoverBuffer *registered,
                                 struct HoldoverBuffer *error);

// Opens a session of a `SessionConfig`. Returns its handle, or 0 with the reason in `error`.
//
// # Safety
//
// `config` is readable; `error` is null or writable.
uint64_t holdover_session_new(uint64_t runtime,
                              struct HoldoverBytes config,
                              struct HoldoverBuffer *error);

// Closes a session: nothing can be started on it any more. What runs goes on.
//
// # Safety
//
// None: any number may be passed.
int32_t holdover_session_close(uint64_t session);

// Counters: `stats` becomes an encoded `Stats`, to be released.
//
// # Safety
//
// `stats` is null or writable.
int32_t holdover_stats(uint64_t runtime, struct HoldoverBuffer *stats);

// Gives back a hit of `holdover_probe`, or a buffer by its `owner`. Its bytes must not be read any more. 0 is ignored.
//
// # Safety
//
// None: any number may be passed.
int32_t holdover_release(uint64_t owner);

// What memory has, at once: on this thread, without a wait for the disk. Returns a hit that is to be released, and fills
// `snapshot`, whose bytes live until then. 0: memory has nothing that may be served; or an argument is wrong, which
// `holdover_start` would explain.
//
// # Safety
//
// `request` and `options` are readable; `snapshot` is null or writable.
uint64_t holdover_probe(uint64_t session,
                        uint32_t method,
                        struct HoldoverBytes request,
                        struct HoldoverBytes options,
                        struct HoldoverSnapshot *snapshot);

// The id of an operation that is going to be started: 0 if there is no such runtime. It exists before the start, so that
// cancelling needs no lock of the host's: what is cancelled first ends as soon as it is started. Every id is to be used
// for one start, put or command, whatever comes of that.
//
// # Safety
//
// None: any number may be passed.
uint64_t holdover_op_new(uint64_t runtime);

// Starts a call: `form` is `HOLDOVER_GET` and so on, `method` is from `Registered`, `options` an encoded `CallOptions`.
//
// Where this returns `HOLDOVER_OK`, events about the operation carry `token`, and exactly one of them is terminal: it may
// have come before this returns. Otherwise no event comes at all, and the id is used up.
//
// # Safety
//
// `request` and `options` are readable; `error` is null or writable.
int32_t holdover_start(uint64_t session,
                       uint64_t op,
                       uint64_t token,
                       uint32_t form,
                       uint32_t method,
                       struct HoldoverBytes request,
                       struct HoldoverBytes options,
                       struct HoldoverBuffer *error);

// Stores an answer that the app has from elsewhere: shown as stale, and refreshed. As `holdover_start`; ends with
// `HOLDOVER_EVENT_DONE`.
//
// # Safety
//
// `request`, `value` and `options` are readable; `error` is null or writable.
int32_t holdover_put(uint64_t session,
                     uint64_t op,
                     uint64_t token,
                     uint32_t method,
                     struct HoldoverBytes request,
                     struct HoldoverBytes value,
                     struct HoldoverBytes options,
                     struct HoldoverBuffer *error);

// Cancels an operation: its terminal event has been told when this returns, or is just being told on another thread. An
// operation that has not started ends with its start. One that has ended is left alone, which is no mistake.
//
// # Safety
//
// None: any numbers may be passed.
int32_t holdover_cancel(uint64_t runtime,
                        uint64_t op);

// Asks for `items` more items of a stream: no more than what was asked for is ever delivered, and none before. With the
// `op` of an HTTP request whose body is streamed: asks for so many more pieces of it.
//
// # Safety
//
// None: any numbers may be passed.
int32_t holdover_credit(uint64_t runtime,
                        uint64_t op,
                        uint32_t items);

// Sends a message of the client's sequence: one for each that `HOLDOVER_EVENT_CREDIT` allows. More ends the stream with
// `HOLDOVER_MISUSE`. Of a stream that has ended: nothing happens.
//
// # Safety
//
// `message` is readable.
int32_t holdover_send(uint64_t runtime,
                      uint64_t op,
                      struct HoldoverBytes message);

// The client's sequence is complete.
//
// # Safety
//
// None: any numbers may be passed.
int32_t holdover_half_close(uint64_t runtime, uint64_t op);

// Carries out an encoded `Command`. As `holdover_start`; ends with `HOLDOVER_EVENT_DONE`. Cancelling stops nothing but
// the wait.
//
// # Safety
//
// `command` is readable; `error` is null or writable.
int32_t holdover_command(uint64_t runtime,
                         uint64_t op,
                         uint64_t token,
                         struct HoldoverBytes command,
                         struct HoldoverBuffer *error);

// Tells the core a fact, by an encoded `Hint`. It takes effect at once.
//
// # Safety
//
// `hint` is readable; `error` is null or writable.
int32_t holdover_hint(uint64_t runtime, struct HoldoverBytes hint, struct HoldoverBuffer *error);

// Answers what the core asked: `request` is the `op` of its event, `kind` is `HOLDOVER_REPLY_*`. Returns `HOLDOVER_GONE`
// where nobody waits for it any more. May be called on any thread, and inside of the callback.
//
// # Safety
//
// `bytes` is readable; `error` is null or writable.
int32_t holdover_reply(uint64_t runtime,
                       uint64_t request,
                       uint32_t kind,
                       struct HoldoverBytes bytes,
                       struct HoldoverBuffer *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HOLDOVER_H */
