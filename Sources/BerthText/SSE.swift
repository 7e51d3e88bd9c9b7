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
        add(data, name: name, to: &bytes)
        return bytes
    }

    /// Appends one event, as ``event(_:name:)`` makes it.
    package static func add(_ data: [UInt8], name: String? = nil, to bytes: inout [UInt8]) {
        if let name {
            bytes += "event: ".utf8
            bytes += name.utf8.filter { $0 != 0x0A && $0 != 0x0D }
            bytes.append(0x0A)
        }
        var (ends, start) = (LineEnds(of: data), 0)
        while let end = ends.next(from: start) {
            addLine(data[start..<end], to: &bytes)
            let isPair = data[end] == 0x0D && end + 1 < data.count && data[end + 1] == 0x0A
            start = end + (isPair ? 2 : 1)
        }
        addLine(data[start...], to: &bytes)
        bytes.append(0x0A)
    }

    /// Appends the event of one line, which `add` appends: JSON of Berth's own.
    package static func addLine(to bytes: inout [UInt8], _ add: (inout [UInt8]) -> Void) {
        bytes += "data: ".utf8
        add(&bytes)
        bytes += "\n\n".utf8
    }

    private static func addLine(_ line: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        bytes += "data: ".utf8
        bytes += line
        bytes.append(0x0A)
    }
}
