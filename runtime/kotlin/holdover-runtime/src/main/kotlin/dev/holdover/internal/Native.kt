package dev.holdover.internal

/**
 * What the library's feature `jni` exports; `runtime/ffi/src/jni.rs` says what each of them does, and `holdover.h` what the
 * C functions beneath them do. Null is no bytes, and an `error` is an array of one element or null.
 */
internal object Native {
    @JvmStatic
    external fun abiVersion(): Int

    @JvmStatic
    external fun runtimeNew(config: ByteArray?, queue: LongArray, error: Array<ByteArray?>?): Long

    @JvmStatic
    external fun runtimeFree(runtime: Long): Int

    @JvmStatic
    external fun policyRegister(runtime: Long, policy: ByteArray?, error: Array<ByteArray?>?): ByteArray?

    @JvmStatic
    external fun sessionNew(runtime: Long, config: ByteArray?, error: Array<ByteArray?>?): Long

    @JvmStatic
    external fun sessionClose(session: Long): Int

    @JvmStatic
    external fun stats(runtime: Long): ByteArray?

    @JvmStatic
    external fun probe(session: Long, method: Int, request: ByteArray?, options: ByteArray?, facts: LongArray): ByteArray?

    @JvmStatic
    external fun opNew(runtime: Long): Long

    @JvmStatic
    external fun start(
        session: Long,
        op: Long,
        token: Long,
        form: Int,
        method: Int,
        request: ByteArray?,
        options: ByteArray?,
        error: Array<ByteArray?>?,
    ): Int

    @JvmStatic
    external fun put(
        session: Long,
        op: Long,
        token: Long,
        method: Int,
        request: ByteArray?,
        value: ByteArray?,
        options: ByteArray?,
        error: Array<ByteArray?>?,
    ): Int

    @JvmStatic
    external fun cancel(runtime: Long, op: Long): Int

    @JvmStatic
    external fun credit(runtime: Long, op: Long, items: Int): Int

    @JvmStatic
    external fun send(runtime: Long, op: Long, message: ByteArray?): Int

    @JvmStatic
    external fun halfClose(runtime: Long, op: Long): Int

    @JvmStatic
    external fun command(runtime: Long, op: Long, token: Long, command: ByteArray?, error: Array<ByteArray?>?): Int

    @JvmStatic
    external fun hint(runtime: Long, hint: ByteArray?, error: Array<ByteArray?>?): Int

    @JvmStatic
    external fun reply(
        runtime: Long,
        request: Long,
        kind: Int,
        bytes: ByteArray?,
        offset: Int,
        length: Int,
        error: Array<ByteArray?>?,
    ): Int

    @JvmStatic
    external fun next(queue: Long, facts: LongArray, bytes: Array<ByteArray?>): Int
}

/** The numbers of `holdover.h`. */
internal object Abi {
    const val VERSION: Int = 1

    const val OK: Int = 0
    const val CANCELLED: Int = 64
    const val BUG: Int = 65

    const val GET: Int = 1
    const val OBSERVE: Int = 2
    const val STREAM: Int = 3
    const val PREFETCH: Int = 4

    const val ANSWER: Int = 1
    const val STATE: Int = 2
    const val ITEM: Int = 3
    const val CREDIT: Int = 4
    const val DONE: Int = 5
    const val ENDED: Int = 6
    const val CANCELLED_EVENT: Int = 7
    const val ASK_CREDENTIALS: Int = 16
    const val ASK_KEY: Int = 17
    const val HTTP_REQUEST: Int = 32
    const val HTTP_BODY: Int = 33
    const val HTTP_PULL: Int = 34
    const val HTTP_CANCEL: Int = 35
    const val HTTP_SUSPECT: Int = 36
    const val DECISION: Int = 48
    const val QUALITY: Int = 49

    const val FLAG_LAST: Int = 1
    const val STATE_LOADING: Int = 0
    const val STATE_VALUE: Int = 1

    const val REPLY_CREDENTIALS: Int = 1
    const val REPLY_KEY: Int = 2
    const val REPLY_HTTP_HEAD: Int = 16
    const val REPLY_HTTP_CHUNK: Int = 17
    const val REPLY_HTTP_END: Int = 18
    const val REPLY_HTTP_FAILED: Int = 19

    const val SNAPSHOT_REFRESHING: Int = 1
    const val SNAPSHOT_GAP: Int = 2
    const val SNAPSHOT_WITHHELD: Int = 4
    const val SNAPSHOT_LAST_KNOWN: Int = 8

    /** How many facts there are of a snapshot, and of an event, whose snapshot's come last. */
    const val SNAPSHOT_FACTS: Int = 6
    const val EVENT_FACTS: Int = 10
}
