/// The target of a request (RFC 9112, section 3.2), split and decoded.
struct HTTPTarget {
    /// The decoded path without the query.
    ///
    /// It begins with `/`, or is `*`.
    let path: String
    /// The path as it was sent, or nil if it has no encoded byte and is ``path`` itself.
    let encodedPath: Substring?
    /// The query as it was sent, without its `?`, or nil if there is none.
    let query: Substring?

    /// Reads a target.
    ///
    /// - Returns: nil if the path is invalid, or holds `%` without two hex digits, a NUL, or bytes
    ///   that are not UTF-8 or, without an encoding, not ASCII.
    init?(_ target: String) {
        guard HeadText.isASCII(target) else { return nil }
        let origin = HTTPTarget.withoutAuthority(target)
        let end = origin.utf8.firstIndex(of: UInt8(ascii: "?")) ?? origin.endIndex
        guard let path = HTTPTarget.decoded(origin[..<end]),
            path.utf8.first == UInt8(ascii: "/") || path == "*"
        else { return nil }
        self.path = path
        encodedPath = path.utf8.count == origin[..<end].utf8.count ? nil : origin[..<end]
        query = end < origin.endIndex ? Substring(origin.utf8[end...].dropFirst()) : nil
    }

    /// The path of a target as it was sent, without the query.
    static func path(of target: String) -> String {
        String(Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }))
    }

    /// Whether `path` is the path of a target as it was sent, without the query.
    static func isPath(_ path: String, of target: String) -> Bool {
        let (path, target) = (path.utf8, target.utf8)
        guard target.count >= path.count, target.starts(with: path) else { return false }
        let end = target.index(target.startIndex, offsetBy: path.count)
        return end == target.endIndex || target[end] == UInt8(ascii: "?")
    }

    /// The first value of `name` in the query, in which `+` is a space.
    ///
    /// - Returns: nil if it is absent or cannot be decoded.
    func value(of name: String) -> String? {
        for item in query?.split(separator: "&") ?? [] {
            let end = item.firstIndex(of: "=") ?? item.endIndex
            guard HTTPTarget.decoded(item[..<end], plusIsSpace: true) == name else { continue }
            let value = end < item.endIndex ? item[item.index(after: end)...] : ""
            return HTTPTarget.decoded(value, plusIsSpace: true)
        }
        return nil
    }

    /// Returns the path and query of a target in the proxies' form `http://host/path`.
    ///
    /// Any other target is returned unchanged.
    static func withoutAuthority(_ target: String) -> Substring {
        // Most targets are a path.
        guard target.utf8.first != UInt8(ascii: "/") else { return target[...] }
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            guard let start = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
            return rest[start] == "/" ? rest[start...] : "/" + rest[start...]
        }
        return target[...]
    }

    /// Replaces `%` and two hex digits by their byte.
    ///
    /// - Returns: nil if that is not possible, or leads to a NUL or to bytes that are not UTF-8.
    static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B || $0 < 0x20 }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            var byte = byte
            if byte == 0x25 {
                guard let high = rest.next().flatMap(hex), let low = rest.next().flatMap(hex) else {
                    return nil
                }
                byte = high << 4 | low
            } else if plusIsSpace, byte == 0x2B {
                byte = 0x20
            }
            guard byte != 0 else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
