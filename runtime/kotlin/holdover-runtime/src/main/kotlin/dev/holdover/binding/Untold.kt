package dev.holdover.binding

import dev.holdover.BidiStream
import dev.holdover.ClientStream
import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.Snapshot
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** What generated fakes answer before they are told what: MISUSE, naming the method and the property to set. */
public object Untold {
    public fun answer(method: String, property: String): Nothing = throw HoldoverException(
        ErrorKind.MISUSE,
        "the fake of $method was not told what to answer; set its `$property`",
    )

    public fun <Response> stream(method: String, property: String): Flow<Snapshot<Response>> =
        flow { answer(method, property) }

    public fun <Request, Response> clientStream(method: String, property: String): ClientStream<Request, Response> =
        ClientStream.of { answer(method, property) }

    public fun <Request, Response> bidiStream(method: String, property: String): BidiStream<Request, Response> =
        BidiStream.of { stream(method, property) }
}
