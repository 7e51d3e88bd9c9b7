/// One server-sent event.
package struct SSEEvent: Equatable, Sendable {
    /// The `event` field's value; nil when there was none or it was empty.
    package var event: String?
    /// The `data` lines joined by newlines; the bytes as they came, not checked to be UTF-8.
    package var data: [UInt8]

    /// Makes an event.
    package init(event: String? = nil, data: [UInt8]) {
        self.event = event
        self.data = data
    }
}

/// Why a stream of events cannot be read on.
package enum SSEError: Error, Equatable, CustomStringConvertible {
    /// One line or one event is longer than the parser may hold.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .tooLarge(let limit):
            "an event of the stream is longer than the \(limit >> 10) KiB that are taken: ask for less at once"
        }
    }
}

/// Finds the events of a stream of bytes, wherever its pieces are cut.
///
/// It follows the HTML standard on the level of bytes. Lines end with LF, CR or CRLF. A BOM at the
/// start, comments, ids and unknown fields are skipped. A block without a `data` line is no event. A
/// block that no blank line closes before the stream ends is discarded.
///
/// Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html>, "Interpreting".
package struct SSEParser: Sendable {
    private let limit: Int
    /// The start of a line whose end has not come.
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event: String?
    /// The last byte was a CR, whose LF may follow and would end no line of its own.
    private var isAfterReturn = false
    private var isAtStart = true
    private var hasFailed = false

    private static let (newline, carriageReturn) = (UInt8(0x0A), UInt8(0x0D))
    private static let (colon, space) = (UInt8(0x3A), UInt8(0x20))
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Makes a parser at the start of a stream.
    ///
    /// - Parameter maxEventBytes: the most that one event's data and its unfinished line may hold.
    package init(maxEventBytes: Int = 1 << 20) { limit = maxEventBytes }

    /// Bytes of an event whose end has not come.
    package var pending: Int { line.count + data.count }

    /// Takes the next piece of the stream.
    ///
    /// - Returns: the events that it completes, in order; often none.
    /// - Throws: ``SSEError/tooLarge(limit:)``, now and at every later call.
    package mutating func feed(_ bytes: [UInt8]) throws(SSEError) -> [SSEEvent] {
        var events: [SSEEvent] = []
        var start = 0
        if hasFailed { throw .tooLarge(limit: limit) }
        if isAfterReturn, let first = bytes.first {
            isAfterReturn = false
            if first == SSEParser.newline { start = 1 }
        }
        while let end = SSEParser.lineEnd(in: bytes, from: start) {
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

    private static func lineEnd(in bytes: [UInt8], from start: Int) -> Int? {
        let span = bytes.span
        var index = start
        while index < span.count {
            let byte = span[index]
            if byte == newline || byte == carriageReturn { return index }
            index += 1
        }
        return nil
    }

    /// Checks the bound, and keeps what must wait for the rest of its line.
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
            if hasData { data.append(SSEParser.newline) }
            hasData = true
            data += value
        } else if field.elementsEqual("event".utf8) {
            event = value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func dispatch(into events: inout [SSEEvent]) {
        if hasData { events.append(SSEEvent(event: event, data: data)) }
        (data, hasData, event) = ([], false, nil)
    }
}
