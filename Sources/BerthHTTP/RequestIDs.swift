/// Makes ids for requests without one, of `req-` and 16 hex digits.
///
/// The ids are not secret. A source makes each only once.
struct RequestIDs {
    private var last: UInt64

    /// Makes a source whose ids begin after `start`, which is random.
    init(after start: UInt64) { last = start }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Returns the next id.
    mutating func next() -> String {
        last &+= 0x9E37_79B9_7F4A_7C15  // odd, so every number occurs
        var text = Array("req-0000000000000000".utf8)
        var rest = last
        for index in text.indices.reversed().prefix(16) {
            text[index] = RequestIDs.hexDigits[Int(rest & 15)]
            rest >>= 4
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The client's own id if it is valid for the log and the answer, or else a new one.
    mutating func id(from field: String?) -> String {
        if let field, RequestIDs.isSane(field) { return field }
        return next()
    }

    private static func isSane(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }
}
