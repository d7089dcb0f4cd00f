import CHoldover

/// One HTTP exchange of the core's, as the stack that carries it replies to it.
struct HttpExchange: Sendable {
    let runtime: UInt64
    let id: UInt64

    /// The response's head. `false`: nobody wants the exchange any more, so stop it.
    func head(_ head: HttpHead) -> Bool {
        reply(HOLDOVER_REPLY_HTTP_HEAD, head.encoded())
    }

    /// The next piece of the response's body.
    func chunk(_ bytes: [UInt8]) -> Bool {
        reply(HOLDOVER_REPLY_HTTP_CHUNK, bytes)
    }

    /// The response is complete.
    func end() {
        _ = reply(HOLDOVER_REPLY_HTTP_END, [])
    }

    /// The exchange has failed.
    func fail(_ failure: HttpFailure) {
        _ = reply(HOLDOVER_REPLY_HTTP_FAILED, failure.encoded())
    }

    private func reply(_ kind: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.lent { holdover_reply(runtime, id, UInt32(kind), $0, nil) } == HOLDOVER_OK
    }
}
