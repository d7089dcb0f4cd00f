package dev.holdover.internal

import dev.holdover.CallOptions
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Metadata
import dev.holdover.OutboxChoice
import dev.holdover.Tag
import dev.holdover.binding.ClientCore
import dev.holdover.binding.ObserverCore
import dev.holdover.binding.RawSnapshot
import dev.holdover.binding.SessionCore
import dev.holdover.binding.StreamCore

/** A session of the native library. It keeps its runtime alive. */
internal class NativeSession(private val held: NativeRuntime.Held, val handle: Long) : SessionCore {
    val runtime: NativeRuntime get() = held.runtime
    private val closing: Backstop.Registration

    init {
        val handle = handle
        closing = Backstop.register(this) { Native.sessionClose(handle) }
    }

    override fun bind(policy: ByteArray): ClientCore {
        val error = arrayOfNulls<ByteArray>(1)
        val registered = Native.policyRegister(runtime.handle, policy, error)
            ?: throw Errors.of(ErrorKind.MISUSE.code, error[0])
        return NativeClient(this, Messages.registered(registered))
    }

    override suspend fun invalidate(tag: Tag) {
        runtime.command(Messages.invalidate(handle, tag))
    }

    override fun setMetadata(name: String, value: ByteArray) {
        runtime.hint(Messages.setMetadata(handle, name, value))
    }

    override fun replaceMetadata(metadata: Metadata) {
        runtime.hint(Messages.replaceMetadata(handle, metadata))
    }

    override fun credentialsChanged() {
        runtime.hint(Messages.credentialsChanged(handle))
    }

    override suspend fun signOut(outbox: OutboxChoice) {
        runtime.command(Messages.signOut(handle, outbox))
    }

    override fun close() {
        closing.run()
    }

    companion object {
        fun open(held: NativeRuntime.Held, config: ByteArray): NativeSession {
            val error = arrayOfNulls<ByteArray>(1)
            val handle = Native.sessionNew(held.runtime.handle, config, error)
            if (handle == 0L) throw Errors.of(ErrorKind.MISUSE.code, error[0])
            return NativeSession(held, handle)
        }
    }
}

/** A session that could not be opened: every call says why. */
internal class RefusedSession(private val error: HoldoverException) : SessionCore {
    override fun bind(policy: ByteArray): ClientCore = throw error

    override suspend fun invalidate(tag: Tag): Unit = throw error

    override fun setMetadata(name: String, value: ByteArray): Unit = throw error

    override fun replaceMetadata(metadata: Metadata): Unit = throw error

    override fun credentialsChanged(): Unit = throw error

    override suspend fun signOut(outbox: OutboxChoice): Unit = throw error

    override fun close() = Unit
}

/** Calls of a session, by the methods of a policy. */
private class NativeClient(private val session: NativeSession, private val methods: List<NativeMethod>) : ClientCore {
    private val runtime: NativeRuntime get() = session.runtime

    override fun probe(method: Int, request: ByteArray, options: CallOptions): RawSnapshot? {
        val id = methods.getOrNull(method)?.id ?: return null
        val facts = LongArray(Abi.SNAPSHOT_FACTS)
        val bytes = Native.probe(session.handle, id, request, Messages.options(options), facts) ?: return null
        return RawSnapshots.read(facts, 0, bytes)
    }

    override suspend fun call(method: Int, request: ByteArray, options: CallOptions): RawSnapshot =
        runtime.operate(Event::snapshot, starting(Abi.GET, method, request, Messages.options(options)))

    override fun observe(method: Int, request: ByteArray, options: CallOptions): ObserverCore =
        runtime.begin({ NativeObserver(runtime, it) }, starting(Abi.OBSERVE, method, request, Messages.options(options)))

    override suspend fun prefetch(method: Int, request: ByteArray) {
        runtime.operate({ }, starting(Abi.PREFETCH, method, request, null))
    }

    override suspend fun put(method: Int, request: ByteArray, value: ByteArray) {
        val id = known(method).id
        runtime.operate({ }) { op, error -> Native.put(session.handle, op, op, id, request, value, null, error) }
    }

    override fun open(method: Int, request: ByteArray, options: CallOptions): StreamCore {
        val ahead = NativeStream.ahead(known(method))
        val starting = starting(Abi.STREAM, method, request, Messages.options(options))
        return runtime.begin({ NativeStream(runtime, it, ahead) }, starting).also(NativeStream::begin)
    }

    private fun known(method: Int): NativeMethod = methods.getOrNull(method) ?: throw HoldoverException(
        ErrorKind.MISUSE,
        "the policy has no method $method; generate the client and its policy again, both at once",
    )

    private fun starting(
        form: Int,
        method: Int,
        request: ByteArray,
        options: ByteArray?,
    ): (Long, Array<ByteArray?>) -> Int {
        val id = known(method).id
        return { op, error -> Native.start(session.handle, op, op, form, id, request, options, error) }
    }
}
