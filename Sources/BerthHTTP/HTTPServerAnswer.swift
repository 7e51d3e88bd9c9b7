import BerthLoop
import CMicrohttpd

/// An answer as an object of libmicrohttpd, which shares it until the answer is sent.
@safe @Loop struct HTTPServerAnswer: ~Copyable {
    private let response: OpaquePointer

    /// The size above which a body is passed on in pieces, so a client that does not read is
    /// noticed.
    private static let wholeLimit = 16 << 10
    private static let pieceSize = 8 << 10

    /// Makes an answer, or nil if there is no memory for it.
    init?(_ answer: HTTPResponse, exchange: HTTPServerExchange) {
        let response: OpaquePointer?
        switch answer.body {
        case .bytes(let bytes) where bytes.count <= HTTPServerAnswer.wholeLimit:
            unsafe response = HTTPServerAnswer.whole(bytes)
        case .bytes(let bytes):
            unsafe response = HTTPServerAnswer.pieces(
                UInt64(bytes.count),
                HTTPServerAnswer.pieceSize,
                AnswerSource(exchange, bytes: bytes)
            )
        case .stream where answer.length != nil:
            unsafe response = HTTPServerAnswer.pieces(
                UInt64(max(0, answer.length ?? 0)),
                HTTPServerAnswer.pieceSize,
                AnswerSource(exchange, bytes: nil)
            )
        case .stream:
            // The size is that of a buffer for HTTP/1.0 clients only. A chunk is in the pool.
            unsafe response = HTTPServerAnswer.pieces(
                .max,
                1024,
                AnswerSource(exchange, bytes: nil)
            )
        }
        guard let response = unsafe response else { return nil }
        unsafe self.response = response
    }

    deinit { unsafe MHD_destroy_response(response) }

    /// Adds a field.
    ///
    /// - Returns: false if the field cannot be sent as it is.
    func add(_ name: String, _ value: String) -> Bool {
        if HTTPServerAnswer.isOwn(name) { return true }
        guard HTTPHeaders.isToken(name), HTTPHeaders.isValue(value) else { return false }
        return addField(name, value)
    }

    /// Adds one of the server's own fields.
    func addOwn(_ name: String, _ value: String) { _ = addField(name, value) }

    private func addField(_ name: String, _ value: String) -> Bool {
        unsafe HTTPServerAnswer.add(name, value, to: response)
    }

    /// Adds a field without a copy of its texts, which an implicit conversion would make.
    ///
    /// Closures of the loop would check that they run there.
    private nonisolated static func add(
        _ name: String,
        _ value: String,
        to response: OpaquePointer
    ) -> Bool {
        unsafe name.withCString { name in
            unsafe value.withCString { value in
                unsafe MHD_add_response_header(response, name, value) == .YES
            }
        }
    }

    /// Queues the answer.
    ///
    /// - Returns: false if the connection has to be closed instead.
    func queue(on handle: OpaquePointer, status: Int) -> Bool {
        let status = 200...599 ~= status ? status : 500
        return unsafe MHD_queue_response(handle, UInt32(status), response) == .YES
    }

    // MARK: Bodies

    private nonisolated static func whole(_ bytes: [UInt8]) -> OpaquePointer? {
        unsafe bytes.withUnsafeBytes { bytes in
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            return unsafe MHD_create_response_from_buffer(
                bytes.count,
                start,
                .RESPMEM_MUST_COPY
            )
        }
    }

    private static func pieces(
        _ size: UInt64,
        _ pieceSize: Int,
        _ source: AnswerSource
    ) -> OpaquePointer? {
        let source = unsafe Unmanaged.passRetained(source)
        let response = unsafe MHD_create_response_from_callback(
            size,
            pieceSize,
            fillAnswer,
            source.toOpaque(),
            freeAnswer
        )
        if unsafe response == nil { unsafe source.release() }
        return unsafe response
    }

    // MARK: Forms

    private static func isOwn(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: HTTPHeaders.isSame(name, "date")
        case 10: HTTPHeaders.isSame(name, "connection")
        case 12: HTTPHeaders.isSame(name, "x-request-id")
        case 14: HTTPHeaders.isSame(name, "content-length")
        case 17: HTTPHeaders.isSame(name, "transfer-encoding")
        default: false
        }
    }

    /// Compresses a whole text of a suitable size if the client allows it.
    static func compress(_ answer: inout HTTPResponse, for request: HTTPRequest) {
        guard case .bytes(let bytes) = answer.body, Gzip.worthwhile.contains(bytes.count),
            answer.headers["Content-Encoding"] == nil, answer.status == 200,
            Gzip.isText(answer.headers["Content-Type"] ?? "")
        else { return }
        answer.headers.add("Vary", "Accept-Encoding")
        guard Gzip.isAccepted(by: request.headers["Accept-Encoding"] ?? ""),
            let compressed = Gzip.compress(bytes)
        else { return }
        answer.headers["Content-Encoding"] = "gzip"
        answer.body = .bytes(compressed)
    }

    /// A whole small answer as bytes, for a moment when libmicrohttpd cannot queue one.
    static func wire(_ answer: HTTPResponse, id: String) -> [UInt8] {
        guard case .bytes(let body) = answer.body else { return [] }
        let phrase = unsafe String(
            cString: MHD_get_reason_phrase_for(UInt32(clamping: answer.status))
        )
        var head = "HTTP/1.1 \(answer.status) \(phrase)\r\n"
        for (name, value) in answer.headers
        where !isOwn(name) && HTTPHeaders.isToken(name) && HTTPHeaders.isValue(value) {
            head += "\(name): \(value)\r\n"
        }
        head += "x-request-id: \(id)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + body
    }
}

/// The source of the bytes of an answer that libmicrohttpd does not hold whole.
@Loop private final class AnswerSource {
    private let exchange: HTTPServerExchange
    private let bytes: [UInt8]?

    /// Makes a source of `bytes`, or of the exchange's writer if they are nil.
    init(_ exchange: HTTPServerExchange, bytes: [UInt8]?) {
        self.exchange = exchange
        self.bytes = bytes
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer, from position: UInt64) -> Int {
        guard let bytes else { return unsafe exchange.send(into: buffer) }
        exchange.progressed()
        let start = Int(clamping: position)
        let count = min(buffer.count, bytes.count - start)
        guard count > 0 else { return berth_mhd_end_of_stream }
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: .init(rebasing: bytes[start..<start + count]))
        }
        return count
    }
}

private nonisolated func fillAnswer(
    _ source: UnsafeMutableRawPointer?,
    _ position: UInt64,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ room: Int
) -> Int {
    guard let source = unsafe source else { return berth_mhd_end_with_error }
    let answer = unsafe Unmanaged<AnswerSource>.fromOpaque(source).takeUnretainedValue()
    nonisolated(unsafe) let bytes = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: room)
    return Loop.assumeIsolated { unsafe answer.fill(bytes, from: position) }
}

private nonisolated func freeAnswer(_ source: UnsafeMutableRawPointer?) {
    guard let source = unsafe source else { return }
    unsafe Unmanaged<AnswerSource>.fromOpaque(source).release()
}
