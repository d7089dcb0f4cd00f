import Foundation

/// The smallest server that speaks Connect over HTTP/1.1: answers calls with as many bytes as their path's method asks for,
/// and streams with one item after the other until nobody reads.
final class Peer: Sendable {
    let url: String

    /// An item of a stream: 100 bytes of text.
    private static let item = message(100)

    init() throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let listener = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                Thread.detachNewThread { Self.serve(connection) }
            }
        }
    }

    /// A message whose field 1 is a text of this length.
    static func message(_ length: Int) -> [UInt8] {
        var bytes: [UInt8] = [10]
        var rest = length
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes + [UInt8](repeating: UInt8(ascii: "x"), count: length)
    }

    private static func serve(_ connection: Int32) {
        defer { close(connection) }
        var received: [UInt8] = []
        while let (path, request) = request(connection, &received) {
            if path.hasSuffix("/Feed") { return stream(connection) }
            // The request's text is the length of the answer that it wants.
            let length = Int(String(decoding: request.dropFirst(2), as: UTF8.self)) ?? 0
            let body = message(length)
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: \(body.count)\r\n\r\n"
            if !write(connection, Array(head.utf8) + body) { return }
        }
    }

    private static func stream(_ connection: Int32) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/connect+proto\r\ntransfer-encoding: chunked\r\n\r\n"
        let frame: [UInt8] = [0, 0, 0, 0, UInt8(item.count)] + item
        let frames = [[UInt8]](repeating: frame, count: 100).flatMap { $0 }
        let chunk = Array("\(String(frames.count, radix: 16))\r\n".utf8) + frames + Array("\r\n".utf8)
        guard write(connection, Array(head.utf8)) else { return }
        while write(connection, chunk) {}
    }

    private static func request(_ connection: Int32, _ received: inout [UInt8]) -> (path: String, body: [UInt8])? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = (0...max(0, received.count - 4)).first(where: { received.dropFirst($0).starts(with: end) }) {
                let lines = String(decoding: received[..<head], as: UTF8.self).components(separatedBy: "\r\n")
                let length = lines.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: " ").last
                let total = head + 4 + (length.flatMap { Int($0) } ?? 0)
                if received.count >= total {
                    defer { received.removeFirst(total) }
                    let words = lines[0].split(separator: " ")
                    return (words.count > 1 ? String(words[1]) : "", Array(received[(head + 4)..<total]))
                }
            }
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            received += buffer[..<count]
        }
    }

    private static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        #if canImport(Glibc)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { send(connection, $0.baseAddress! + sent, bytes.count - sent, flags) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
