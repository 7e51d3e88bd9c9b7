/// Splits a body of `multipart/form-data` into its parts while it arrives.
///
/// It holds one piece, the header of one part and the bytes that may begin a boundary.
/// Source: <https://www.rfc-editor.org/rfc/rfc7578>, and
/// <https://www.rfc-editor.org/rfc/rfc2046#section-5.1>.
package struct MultipartParser: Sendable {
    /// A step of the reading.
    package enum Event: Equatable, Sendable {
        /// A part begins.
        case part(MultipartField)
        /// The next bytes of the part.
        case bytes([UInt8])
        /// The part has ended.
        case end
    }

    private enum Stage {
        /// Before the first boundary.
        case preamble
        /// After a boundary, whose line has not ended.
        case boundary
        case header
        case content
        /// After the last boundary.
        case epilogue
    }

    /// The longest boundary in bytes, by RFC 2046.
    static let longestBoundary = 70
    /// The longest header of a part in bytes.
    static let longestHeader = 4096
    /// The most lines of a part's header.
    private static let mostLines = 16
    /// The most bytes before the first boundary.
    private static let longestPreamble = 1024
    /// The most parts.
    package static let mostParts = 64

    /// A line break, two hyphens and the boundary.
    private let delimiter: [UInt8]
    private var stage = Stage.preamble
    /// The bytes that were not passed on yet.
    ///
    /// The body may begin with a boundary, before which a line break is supposed.
    private var held: [UInt8] = [0x0D, 0x0A]
    private var parts = 0

    /// Makes a parser for a body with this `Content-Type`.
    ///
    /// - Throws: ``MultipartError`` if it is not `multipart/form-data` with a boundary.
    package init(contentType: String) throws(MultipartError) {
        let parameters = try MultipartField.parameters(of: contentType[...], "multipart/form-data")
        guard let boundary = parameters["boundary"],
            (1...MultipartParser.longestBoundary).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
        else {
            throw MultipartError("its Content-Type has no boundary of 1 to 70 characters")
        }
        delimiter = [0x0D, 0x0A, 0x2D, 0x2D] + Array(boundary.utf8)
    }

    /// Takes the next bytes of the body.
    ///
    /// - Returns: the events in their order.
    /// - Throws: ``MultipartError``.
    package mutating func feed(_ piece: [UInt8]) throws(MultipartError) -> [Event] {
        held += piece
        var events: [Event] = []
        while try step(&events) {}
        return events
    }

    /// Checks that the body has ended with its last boundary.
    ///
    /// - Throws: ``MultipartError``.
    package func finish() throws(MultipartError) {
        guard case .epilogue = stage else {
            throw MultipartError("it ends before its last boundary")
        }
    }

    /// Takes one step.
    ///
    /// - Returns: false if more bytes are needed.
    private mutating func step(_ events: inout [Event]) throws(MultipartError) -> Bool {
        switch stage {
        case .preamble:
            let at = search(delimiter)
            guard at ?? held.count <= MultipartParser.longestPreamble else {
                throw MultipartError("it does not begin with its boundary")
            }
            guard let at else { return false }
            drop(at + delimiter.count)
            stage = .boundary
            return true
        case .boundary: return try passBoundary()
        case .header: return try readHeader(&events)
        case .content: return passContent(&events)
        case .epilogue:
            held = []
            return false
        }
    }

    private mutating func passBoundary() throws(MultipartError) -> Bool {
        guard held.count >= 2 else { return false }
        if held.starts(with: [0x2D, 0x2D]) {
            stage = .epilogue
            return true
        }
        let blanks = held.prefix { $0 == 0x20 || $0 == 0x09 }.count
        guard held.count >= blanks + 2 else {
            guard blanks <= MultipartParser.longestBoundary else { throw .badBoundary }
            return false
        }
        guard held[blanks...].starts(with: [0x0D, 0x0A]) else { throw .badBoundary }
        // The line break may also be the one before an empty line.
        drop(blanks)
        stage = .header
        return true
    }

    private mutating func readHeader(_ events: inout [Event]) throws(MultipartError) -> Bool {
        guard let end = search([0x0D, 0x0A, 0x0D, 0x0A]) else {
            guard held.count <= MultipartParser.longestHeader else { throw .longHeader }
            return false
        }
        guard end <= MultipartParser.longestHeader else { throw .longHeader }
        let lines = held[..<end].split(
            separator: [0x0D, 0x0A],
            maxSplits: MultipartParser.mostLines
        )
        .map { Substring(decoding: $0, as: UTF8.self) }
        guard lines.count <= MultipartParser.mostLines else { throw .longHeader }
        parts += 1
        guard parts <= MultipartParser.mostParts else {
            throw MultipartError("it has more than \(MultipartParser.mostParts) parts")
        }
        events.append(.part(try MultipartField(lines)))
        // The second line break may be the one before a boundary, if the part is empty.
        drop(end + 2)
        stage = .content
        isFirst = true
        return true
    }

    /// Whether the line break at the start of ``held`` ends the header.
    private var isFirst = false

    private mutating func passContent(_ events: inout [Event]) -> Bool {
        let start = isFirst ? 2 : 0
        if let at = search(delimiter) {
            if at > start { events.append(.bytes(Array(held[start..<at]))) }
            events.append(.end)
            drop(at + delimiter.count)
            stage = .boundary
            return true
        }
        let count = held.count - delimiter.count + 1
        guard count > start else { return false }
        events.append(.bytes(Array(held[start..<count])))
        drop(count)
        isFirst = false
        return false
    }

    private mutating func drop(_ count: Int) { held.removeFirst(count) }

    /// The offset of the first `words` among the held bytes, or nil if they are not there.
    private func search(_ words: [UInt8]) -> Int? {
        var at = 0
        while let next = held[at...].firstIndex(of: words[0]), next + words.count <= held.count {
            if held[next..<next + words.count].elementsEqual(words) { return next }
            at = next + 1
        }
        return nil
    }
}

extension MultipartError {
    fileprivate static let badBoundary = MultipartError("a line with its boundary has more text")
    fileprivate static let longHeader = MultipartError("the header of a part is too long")
}
