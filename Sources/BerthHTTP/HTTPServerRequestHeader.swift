import BerthMemory
import CMicrohttpd

/// The request header that libmicrohttpd has read.
enum HTTPServerRequestHeader {
    /// Returns every field in order.
    ///
    /// Bytes that are not ASCII count as ISO-8859-1.
    static func fields(of handle: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders.roomy()
        unsafe withUnsafeMutablePointer(to: &headers) { headers in
            _ = unsafe MHD_get_connection_values(handle, .HEADER_KIND, collect, headers)
        }
        return headers
    }

    /// Whether the pool of the connection has room for the header of the answer.
    ///
    /// Without room libmicrohttpd would close the connection without an answer.
    static func leavesRoom(
        _ handle: OpaquePointer,
        _ headers: HTTPHeaders,
        in limits: HTTPServerLimits
    ) -> Bool {
        let cookies = headers["Cookie"]?.utf8.count ?? 0
        // An entry of the pool takes 64 bytes besides its text. The text of a cookie is copied, and
        // each of its pairs (2 bytes or more with the separator) is an entry.
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
    let text = unsafe value.map { unsafe HeadText.read($0) } ?? ""
    unsafe headers.assumingMemoryBound(to: HTTPHeaders.self).pointee.add(HeadText.read(name), text)
    return .YES
}
