/// The part of a representation that a client asks for with `Range` (RFC 9110, section 14).
package enum HTTPRange: Equatable, Sendable {
    /// The whole of it: there is no range, or one that may be ignored.
    case whole
    /// The bytes of the range.
    case part(Range<Int>)
    /// No byte of the representation is in the range, which is answered with 416.
    case unsatisfiable

    /// Reads the ranges of a request for a representation of `size` bytes.
    ///
    /// Several ranges at once are answered with the whole, which the RFC allows. A condition
    /// (`If-Range`) that is not the representation's strong `tag` voids the range.
    package init(_ headers: HTTPHeaders, size: Int, tag: String) {
        self = .whole
        guard let text = headers["range"], headers.all("range").count == 1 else { return }
        if let condition = headers["if-range"], condition != tag { return }
        let unit = text.prefix { $0 != "=" }
        guard unit.lowercased() == "bytes", unit.count < text.count else { return }
        let spec = text.dropFirst(unit.count + 1).filter { $0 != " " && $0 != "\t" }
        let bounds = spec.split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return }
        switch (HTTPRange.number(bounds[0]), HTTPRange.number(bounds[1])) {
        case (let first?, let last?) where first <= last:
            self = HTTPRange.part(first, Swift.min(last, size - 1), of: size)
        case (let first?, nil) where bounds[1].isEmpty:
            self = HTTPRange.part(first, size - 1, of: size)
        case (nil, let count?) where bounds[0].isEmpty:
            self =
                count == 0
                ? .unsatisfiable : HTTPRange.part(max(0, size - count), size - 1, of: size)
        default: return
        }
    }

    private static func part(_ first: Int, _ last: Int, of size: Int) -> HTTPRange {
        first < size && first <= last ? .part(first..<last + 1) : .unsatisfiable
    }

    /// A position, of which one beyond 18 digits counts as the largest.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return text.utf8.count > 18 ? .max - 1 : Int(text)
    }
}
