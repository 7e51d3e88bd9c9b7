/// A parser of server-sent events that takes pieces of any size.
///
/// It follows the HTML standard on the level of bytes. Lines end with LF, CR or CRLF. A BOM at the
/// start, comments, ids and unknown fields are skipped. A block without a `data` line is no event. A
/// block that no blank line closes before the stream ends is discarded.
///
/// Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>, "Interpreting".
package struct SSEParser: Sendable {
    private let limit: Int
    /// The beginning of an incomplete line.
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event: String?
    /// Whether the last byte was a CR.
    ///
    /// A following LF belongs to it and ends no line of its own.
    private var isAfterReturn = false
    private var isAtStart = true
    private var hasFailed = false

    /// The most bytes of an event's name that are kept, which tell it from the names in use.
    private static let mostName = 64

    private static let newline = UInt8(0x0A)
    private static let carriageReturn = UInt8(0x0D)
    private static let colon = UInt8(0x3A)
    private static let space = UInt8(0x20)
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Makes a parser at the start of a stream.
    ///
    /// - Parameter maxEventBytes: the most bytes of an event's data and its incomplete line together.
    package init(maxEventBytes: Int = 1 << 20) { limit = maxEventBytes }

    /// The number of bytes held of an incomplete event.
    package var pending: Int { line.count + data.count }

    /// Reads the next piece of the stream.
    ///
    /// - Returns: the events that the piece completes, in order.
    /// - Throws: ``SSEError/tooLarge(limit:)``, also at every later call.
    package mutating func feed(_ bytes: [UInt8]) throws(SSEError) -> [SSEEvent] {
        var events: [SSEEvent] = []
        var start = 0
        if hasFailed { throw .tooLarge(limit: limit) }
        if isAfterReturn, let first = bytes.first {
            isAfterReturn = false
            if first == SSEParser.newline { start = 1 }
        }
        var ends = LineEnds(of: bytes)
        while let end = ends.next(from: start) {
            try take(bytes[start..<end], isWhole: true)
            endLine(of: bytes[start..<end], into: &events)
            start = end + 1
            guard bytes[end] == SSEParser.carriageReturn else { continue }
            if start == bytes.count { isAfterReturn = true }
            if start < bytes.count, bytes[start] == SSEParser.newline { start += 1 }
        }
        try take(bytes[start...], isWhole: false)
        return events
    }

    /// Ends the stream.
    ///
    /// The standard discards an event that no blank line closes, but some servers send none after
    /// their last event.
    ///
    /// - Returns: the event that the stream's end has left open, or nil if there is none.
    package mutating func finish() -> SSEEvent? {
        var events: [SSEEvent] = []
        if !line.isEmpty { endLine(of: [], into: &events) }
        dispatch(into: &events)
        return events.last
    }

    /// Checks the bound, and keeps an incomplete line.
    private mutating func take(_ part: ArraySlice<UInt8>, isWhole: Bool) throws(SSEError) {
        guard data.count + line.count + part.count <= limit else {
            (hasFailed, line, data) = (true, [], [])
            throw .tooLarge(limit: limit)
        }
        if !isWhole || !line.isEmpty { line += part }
    }

    private mutating func endLine(of part: ArraySlice<UInt8>, into events: inout [SSEEvent]) {
        if line.isEmpty {
            read(part, into: &events)
        } else {
            let whole = line
            line.removeAll(keepingCapacity: whole.count <= 4096)
            read(whole[...], into: &events)
        }
    }

    private mutating func read(_ text: ArraySlice<UInt8>, into events: inout [SSEEvent]) {
        var text = text
        if isAtStart, text.starts(with: SSEParser.byteOrderMark) { text = text.dropFirst(3) }
        isAtStart = false
        guard let first = text.first else { return dispatch(into: &events) }
        guard first != SSEParser.colon else { return }
        let colon = text.firstIndex(of: SSEParser.colon) ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == SSEParser.space { value = value.dropFirst() }
        set(text[..<colon], to: value)
    }

    private mutating func set(_ field: ArraySlice<UInt8>, to value: ArraySlice<UInt8>) {
        if field.elementsEqual("data".utf8) {
            if hasData {
                data.append(SSEParser.newline)
                data += value
            } else {
                data = Array(value)
            }
            hasData = true
        } else if field.elementsEqual("event".utf8) {
            event =
                value.isEmpty
                ? nil : String(decoding: value.prefix(SSEParser.mostName), as: UTF8.self)
        }
    }

    private mutating func dispatch(into events: inout [SSEEvent]) {
        if hasData { events.append(SSEEvent(event: event, data: data)) }
        (data, hasData, event) = ([], false, nil)
    }
}
