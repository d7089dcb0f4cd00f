package dev.holdover.okhttp

import dev.holdover.http.HttpFailure
import dev.holdover.http.HttpFailure.Kind
import java.io.IOException
import java.net.ConnectException
import java.net.NoRouteToHostException
import java.net.ProtocolException
import java.net.SocketTimeoutException
import java.net.UnknownHostException
import java.security.cert.CertificateException
import javax.net.ssl.SSLException
import javax.net.ssl.SSLPeerUnverifiedException

/** What OkHttp's exceptions mean. */
internal object Failures {
    fun of(error: IOException, trace: Trace): HttpFailure = HttpFailure(
        kind = kind(error, trace),
        message = error.message ?: error.javaClass.simpleName,
        unsent = !trace.mayHaveLeft,
        reused = trace.isReused,
    )

    private fun kind(error: IOException, trace: Trace): Kind = when (error) {
        is NotHttp2 -> Kind.UNSUPPORTED
        is UnknownHostException, is NoRouteToHostException -> Kind.UNREACHABLE
        is ConnectException -> if (isRefusal(error)) Kind.REFUSED else Kind.UNREACHABLE
        is SSLPeerUnverifiedException -> Kind.UNTRUSTED
        is SSLException -> if (causes(error).any { it is CertificateException }) Kind.UNTRUSTED else Kind.TLS
        is SocketTimeoutException -> if (trace.mayHaveLeft) Kind.TIMEOUT else Kind.UNREACHABLE
        is ProtocolException -> Kind.PROTOCOL
        else -> Kind.RESET
    }

    private fun isRefusal(error: Throwable): Boolean =
        causes(error).any { it.message?.contains("refused", ignoreCase = true) == true }

    private fun causes(error: Throwable): Sequence<Throwable> = generateSequence(error) { it.cause }
}
