import CHoldover

/// Carries the core's HTTP exchanges. Called on threads of the core, and must not block.
package protocol HttpStack: Sendable {
    /// Sends a request, and replies to the exchange what comes of it.
    func start(_ ask: HttpAsk, _ exchange: HttpExchange)

    /// The core wants so many bytes more of a response.
    func pull(_ exchange: UInt64, _ bytes: UInt32)

    /// Nobody wants the exchange any more.
    func cancel(_ exchange: UInt64)

    /// Connections may be dead: new requests take new ones.
    func suspect()

    /// Ends everything.
    func close()
}

/// One HTTP exchange of the core's, as the stack that carries it replies to it.
package struct HttpExchange: Sendable {
    let runtime: UInt64
    package let id: UInt64

    /// The response's head. `false`: nobody wants the exchange any more, so stop it.
    package func head(_ head: HttpHead) -> Bool {
        reply(HOLDOVER_REPLY_HTTP_HEAD, head.encoded())
    }

    /// The next piece of the response's body.
    package func chunk(_ bytes: [UInt8]) -> Bool {
        reply(HOLDOVER_REPLY_HTTP_CHUNK, bytes)
    }

    /// The response is complete.
    package func end() {
        _ = reply(HOLDOVER_REPLY_HTTP_END, [])
    }

    /// The exchange has failed.
    package func fail(_ failure: HttpFailure) {
        _ = reply(HOLDOVER_REPLY_HTTP_FAILED, failure.encoded())
    }

    private func reply(_ kind: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.lent { holdover_reply(runtime, id, UInt32(kind), $0, nil) } == HOLDOVER_OK
    }
}
