import BerthLoop

/// An answer.
///
/// `Content-Length`, `Transfer-Encoding`, `Connection`, `Date` and `x-request-id` are the server's;
/// a handler's own are left out.
package struct HTTPResponse: Sendable {
    /// Writes a streamed body, in the request's task; its end is the body's, its error cuts the
    /// connection, so that the client cannot take a part for the whole.
    package typealias Stream = @Loop @Sendable (HTTPResponseWriter) async throws -> Void

    /// What follows the header.
    package enum Body: Sendable {
        /// All of it; text of 1,400 bytes to 256 KiB is compressed where the client allows it.
        case bytes([UInt8])
        /// Bytes as they come, never compressed. Not called for HEAD.
        case stream(Stream)
    }

    /// 200 to 599; another number is sent as 500.
    package var status: Int
    /// Names that are no tokens and values with control characters are left out, and logged.
    package var headers: HTTPHeaders
    /// What follows the header.
    package var body: Body
    /// Kept until the answer is sent or given up: what carries the lease of the body's bytes.
    package var holding: (any AnyObject & Sendable)?

    /// Makes an answer; without a body an empty one.
    package init(status: Int = 200, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Plain text, in UTF-8.
    package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    /// JSON that is encoded already.
    package static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/json"],
            body: .bytes(bytes)
        )
    }

    /// Bytes of any type.
    package static func bytes(
        _ bytes: [UInt8],
        type: String,
        status: Int = 200
    ) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": type], body: .bytes(bytes))
    }

    /// Server-sent events: neither stored nor held back by a proxy.
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

/// A request that the server answers before its handler could, or instead of it.
package struct HTTPRefusal: Sendable {
    /// 400, 408, 413 or 431.
    package let status: Int
    /// What is wrong and what to do, in a sentence for people; nothing of the request is in it.
    package let reason: String
    /// The path that was asked for, up to its query and not decoded: which channel it concerns.
    package let path: String
    /// The request's id, for the log and the answer.
    package let id: String

    /// The refusal as plain text.
    package var text: HTTPResponse { .text(reason + "\n", status: status) }
}
