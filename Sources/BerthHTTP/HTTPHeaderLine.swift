/// One line of an answer's header block.
///
/// curl passes each line whole, with its line end.
struct HTTPHeaderLine {
    private let bytes: [UInt8]

    init(_ line: UnsafeRawBufferPointer) {
        var count = line.count
        while count > 0, unsafe line[count - 1] == 0x0A || line[count - 1] == 0x0D { count -= 1 }
        bytes = unsafe [UInt8](line[..<count])
    }

    /// Whether the line ends its block.
    var isEmpty: Bool { bytes.isEmpty }

    /// The three digits of a status line such as `HTTP/1.1 200 OK`, or 0 if there are none.
    var status: Int {
        let rest = bytes.drop { $0 != 0x20 }.dropFirst().prefix(3)
        return Int(String(decoding: rest, as: UTF8.self)) ?? 0
    }

    /// The name and the value, without white space around the value.
    ///
    /// It is nil for other lines, and for a folded line, which RFC 9112 has made obsolete.
    var field: (name: String, value: String)? {
        guard let colon = bytes.firstIndex(of: 0x3A), let first = bytes.first, first > 0x20 else {
            return nil
        }
        var value = bytes[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)
        )
    }
}
