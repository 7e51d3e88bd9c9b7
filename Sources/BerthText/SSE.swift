/// The bytes of server-sent events.
package enum SSE {
    /// A comment that prevents timeouts of proxies and clients on an idle stream.
    package static let ping = Array(": ping\n\n".utf8)

    /// Makes one event, to be written in one piece.
    ///
    /// - Parameters:
    ///   - data: any bytes. Each line becomes a `data` line, so a CR or CRLF arrives as LF.
    ///   - name: the event's type. Line ends in it are removed, so it cannot forge a field.
    /// - Returns: the event's lines and the blank line at its end.
    package static func event(_ data: [UInt8], name: String? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count + 16 + (name?.utf8.count ?? 0))
        if let name {
            bytes += "event: ".utf8
            bytes += name.utf8.filter { $0 != 0x0A && $0 != 0x0D }
            bytes.append(0x0A)
        }
        var rest = data[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            add(rest[..<end], to: &bytes)
            let isPair = rest[end] == 0x0D && end + 1 < rest.endIndex && rest[end + 1] == 0x0A
            rest = rest[(end + (isPair ? 2 : 1))...]
        }
        add(rest, to: &bytes)
        bytes.append(0x0A)
        return bytes
    }

    private static func add(_ line: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        bytes += "data: ".utf8
        bytes += line
        bytes.append(0x0A)
    }
}
