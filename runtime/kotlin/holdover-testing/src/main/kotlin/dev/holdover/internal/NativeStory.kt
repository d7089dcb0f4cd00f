package dev.holdover.internal

/** What the library exports when it is built for tests; `runtime/ffi/src/story.rs` says how stories go. */
internal object NativeStory {
    /** The story of a vector, given as JSON, that speaks the API with this policy; 0 with the reason in `error`. */
    @JvmStatic
    external fun storyNew(policy: ByteArray, vector: ByteArray, error: Array<ByteArray?>?): Long

    /** Takes an array of reports, and gives the next instruction, both in JSON. Null: there is no such story. */
    @JvmStatic
    external fun storyNext(story: Long, reports: ByteArray): ByteArray?

    @JvmStatic
    external fun storyFree(story: Long): Int
}
