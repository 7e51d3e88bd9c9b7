import BerthLoop

/// An answer to a request.
///
/// The server sets `Content-Length`, `Transfer-Encoding`, `Connection`, `Date` and `x-request-id`.
/// It omits a handler's own fields of these names.
package struct HTTPResponse: Sendable {
    /// Writes a streamed body in the task of the request.
    ///
    /// The body ends when the function returns. An error closes the connection early, so the client
    /// sees that the body is incomplete.
    package typealias Stream = @Loop @Sendable (HTTPResponseWriter) async throws -> Void

    /// The bytes after the header.
    package enum Body: Sendable {
        /// The whole body. Text of 1,400 bytes to 256 KiB is compressed if the client allows it.
        case bytes([UInt8])
        /// A body written piece by piece, which is never compressed. HEAD does not call it.
        case stream(Stream)
    }

    /// The status from 200 to 599.
    ///
    /// Any other number is sent as 500.
    package var status: Int
    /// The header fields.
    ///
    /// A field whose name is not a token, or whose value has control characters, is omitted and
    /// logged.
    package var headers: HTTPHeaders
    /// The bytes after the header.
    package var body: Body
    /// The number of bytes that a streamed body will have, or nil if it is not known.
    ///
    /// Fewer close the connection early, and further ones are not sent.
    package var length: Int?
    /// An object that is retained until the answer is sent or dropped, such as the lease of its
    /// bytes.
    package var holding: (any AnyObject & Sendable)?

    /// Makes an answer, with an empty body by default.
    package init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes an answer of plain text in UTF-8.
    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    /// Makes an answer of encoded JSON.
    package static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: .bytes(bytes)
        )
    }

    /// Makes an answer of bytes of any type.
    package static func bytes(
        _ bytes: [UInt8],
        type: String,
        status: Int = 200
    ) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": type], body: .bytes(bytes))
    }

    /// Whether it is a stream of server-sent events.
    var isEventStream: Bool {
        guard case .stream = body else { return false }
        return headers["Content-Type"]?.hasPrefix("text/event-stream") ?? false
    }

    /// Makes an answer of server-sent events, which a proxy must neither store nor buffer.
    package static func events(_ write: @escaping Stream) -> HTTPResponse {
        HTTPResponse(
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            ],
            body: .stream(write)
        )
    }
}
