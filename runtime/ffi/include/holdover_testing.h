// What libraries that are built for tests have beside holdover.h: vectors, replayed through a package. The protocol
// is said in runtime/ffi/src/story.rs. Made by cbindgen; `cargo xtask regenerate` renews it.

#ifndef HOLDOVER_TESTING_H
#define HOLDOVER_TESTING_H

#include <stddef.h>
#include <stdint.h>
#include "holdover.h"

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Begins the story of a vector, given as JSON, that speaks the API with this policy. Returns its handle, or 0 with the
// reason in `error`. What a host does with it is said in runtime/ffi/src/story.rs.
//
// # Safety
//
// `policy` and `vector` are readable; `error` is null or writable.
uint64_t holdover_story_new(HoldoverBytes policy,
                            HoldoverBytes vector,
                            HoldoverBuffer *error);

// Takes an array of reports, and gives the next instruction, to be released, both in JSON. Hosts are told of deliveries
// inside of this. One call at a time.
//
// # Safety
//
// `reports` is readable; `instruction` is null or writable.
int32_t holdover_story_next(uint64_t story,
                            HoldoverBytes reports,
                            HoldoverBuffer *instruction);

// Ends a story, wherever it is. Free its last runtime, too.
//
// # Safety
//
// None: any number may be passed.
int32_t holdover_story_free(uint64_t story);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HOLDOVER_TESTING_H */
