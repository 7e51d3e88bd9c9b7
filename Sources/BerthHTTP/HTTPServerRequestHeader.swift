import BerthMemory
import CMicrohttpd

/// What libmicrohttpd has read of a request's header.
enum RequestHeader {
    /// Every field in order; bytes that are not UTF-8 come as U+FFFD.
    static func fields(of handle: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        unsafe withUnsafeMutablePointer(to: &headers) { headers in
            _ = unsafe MHD_get_connection_values(handle, .HEADER_KIND, collect, headers)
        }
        return headers
    }

    /// Whether the connection's pool holds the answer's header beside the request's; where not,
    /// libmicrohttpd would close the connection without a word.
    static func leavesRoom(
        _ handle: OpaquePointer,
        _ headers: HTTPHeaders,
        in limits: HTTPServerLimits
    ) -> Bool {
        let cookies = headers["Cookie"]?.utf8.count ?? 0
        // A pool's entry takes 64 bytes beside its text; a cookie's text is copied, each pair of
        // it (2 bytes or more with its separator) is an entry.
        let pairs = cookies > 0 ? (headers["Cookie"] ?? "").utf8.count { $0 == 0x3B } + 1 : 0
        let entries = headers.count + pairs
        let used = unsafe berth_mhd_header_size(handle) + entries * 64 + cookies
        return used + HTTPServerLimits.answerHeader.bytes <= limits.header.bytes
    }
}

private nonisolated func collect(
    _ headers: UnsafeMutableRawPointer?,
    _: MHD_ValueKind,
    _ name: UnsafePointer<CChar>?,
    _ value: UnsafePointer<CChar>?
) -> MHD_Result {
    guard let headers = unsafe headers, let name = unsafe name else { return .YES }
    let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
    unsafe headers.assumingMemoryBound(to: HTTPHeaders.self).pointee
        .add(String(cString: name), text)
    return .YES
}
