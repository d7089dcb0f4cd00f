package dev.holdover.internal

import dev.holdover.CredentialsProvider
import dev.holdover.KeyException
import dev.holdover.KeyProvider
import dev.holdover.http.HttpService
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch

/** What the app answers when the core asks, and who listens: hooks of one runtime. */
internal class Hosts(
    private val keys: KeyProvider?,
    http: HttpService?,
    private val listeners: Listeners,
) {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val exchanges = http?.let(::HttpExchanges)
    private val sessions = ConcurrentHashMap<Long, CredentialsProvider>()

    /** A slow listener holds nothing up, and misses events. */
    private val told = Channel<() -> Unit>(LISTENED, BufferOverflow.DROP_OLDEST)
    private val telling: Job = scope.launch { for (tell in told) tell(tell) }

    /** Who is asked for a session's credentials. */
    fun credentials(session: Long, provider: CredentialsProvider) {
        sessions[session] = provider
    }

    fun hear(runtime: Long, event: Event) {
        when (event.kind) {
            Abi.ASK_CREDENTIALS -> askCredentials(runtime, event.op, event.body)
            Abi.ASK_KEY -> askKey(runtime, event.op, event.body)
            Abi.DECISION -> {
                val bytes = event.body
                listeners.onEvent?.let { listener -> told.trySend { listener(Messages.event(bytes)) } }
            }
            Abi.QUALITY -> {
                val quality = Messages.qualityOf(event.count)
                listeners.onQuality?.let { listener -> told.trySend { listener(quality) } }
            }
            else -> exchanges?.hear(runtime, event)
        }
    }

    /** The core tells nothing any more. */
    fun over() {
        told.close()
        exchanges?.over()
        sessions.clear()
    }

    /** Returns when listeners have heard everything. */
    suspend fun finish() {
        telling.join()
        scope.cancel()
    }

    /** Hooks are the app's: whatever they throw is an answer. */
    @Suppress("TooGenericExceptionCaught")
    private fun askCredentials(runtime: Long, request: Long, bytes: ByteArray) {
        scope.launch {
            val reply = try {
                val (session, ask) = Messages.credentialsAsk(bytes)
                val provider = sessions[session]
                if (provider == null) {
                    Messages.credentialsFailed("the session has no credentials provider any more")
                } else {
                    Messages.credentials(provider.credentials(ask))
                }
            } catch (cancelled: CancellationException) {
                throwIfOver(cancelled)
                Messages.credentialsFailed("the credentials provider was cancelled")
            } catch (error: Throwable) {
                Messages.credentialsFailed(error.message ?: error.javaClass.name)
            }
            reply(runtime, request, Abi.REPLY_CREDENTIALS, reply)
        }
    }

    @Suppress("TooGenericExceptionCaught")
    private fun askKey(runtime: Long, request: Long, bytes: ByteArray) {
        scope.launch {
            val reply = try {
                val (wraps, key) = Messages.keyAsk(bytes)
                val keys = keys ?: throw KeyException("there is no key provider", isLost = false)
                Messages.key(if (wraps) keys.wrap(key) else keys.unwrap(key))
            } catch (cancelled: CancellationException) {
                throwIfOver(cancelled)
                Messages.keyFailed("the key provider was cancelled", isLost = false)
            } catch (error: KeyException) {
                Messages.keyFailed(error.message.orEmpty(), error.isLost)
            } catch (error: Throwable) {
                Messages.keyFailed(error.message ?: error.javaClass.name, isLost = false)
            }
            reply(runtime, request, Abi.REPLY_KEY, reply)
        }
    }

    private fun throwIfOver(cancelled: CancellationException) {
        if (!scope.isActive) throw cancelled
    }

    private fun reply(runtime: Long, request: Long, kind: Int, bytes: ByteArray) {
        Native.reply(runtime, request, kind, bytes, 0, bytes.size, null)
    }

    /** A listener that throws is the app's concern: its thread's handler hears of it, and the next event is told. */
    @Suppress("TooGenericExceptionCaught")
    private fun tell(tell: () -> Unit) {
        try {
            tell()
        } catch (error: Throwable) {
            val thread = Thread.currentThread()
            thread.uncaughtExceptionHandler?.uncaughtException(thread, error)
        }
    }

    private companion object {
        private const val LISTENED = 1024
    }
}
