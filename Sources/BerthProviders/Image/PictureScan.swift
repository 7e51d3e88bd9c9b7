import BerthMemory
import BerthText

/// A reader of a JSON answer that contains pictures in base64, whose bytes it decodes as they come.
///
/// The rest of the answer is kept, with an empty text in place of each picture. A picture is the
/// text of a member `b64_json`, or a data URL in a member `url`.
struct PictureScan {
    /// A part of an answer.
    enum Event: Equatable {
        /// A picture begins, with the media type of its data URL if it has one.
        case begin(kind: String?)
        case bytes([UInt8])
        case end
    }

    /// The answer without its pictures.
    private(set) var rest: [UInt8] = []
    private var state = State.outside
    /// The last text, if it may be the name of a member that holds a picture.
    private var name: [UInt8] = []
    private var isAfterColon = false
    private var isEscaped = false
    /// The digits of an escape `\uXXXX` within a picture.
    private var escape: [UInt8]?
    /// The start of a text that may be a data URL.
    private var start: [UInt8] = []
    private var decoder = Base64Decoder()
    private var hasBegun = false

    private enum State {
        case outside
        /// A text that is kept.
        case text
        /// The start of the text of a member that may hold a picture.
        case start
        case picture
        /// The part of a data URL before its base64.
        case prefix
    }

    /// The longest start of a data URL, up to its comma.
    private static let mostPrefix = 256
    private static let picture = Array("b64_json".utf8)
    private static let link = Array("url".utf8)
    private static let scheme = Array("data:".utf8)

    /// Reads the next bytes.
    ///
    /// - Returns: the parts of pictures in them.
    /// - Throws: `Base64Decoder.Malformed` if a picture is no base64.
    mutating func feed(_ bytes: [UInt8]) throws(Base64Decoder.Malformed) -> [Event] {
        var events: [Event] = []
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if state == .picture, !isEscaped, escape == nil {
                let run = bytes[index...].prefix { !PictureScan.isMark($0) }
                if !run.isEmpty { try decode(run, &events, &out) }
                index += run.count
                guard index < bytes.count else { break }
            }
            let byte = bytes[index]
            index += 1
            switch state {
            case .outside: outside(byte)
            case .text: text(byte)
            case .start: try begin(byte, &events, &out)
            case .prefix: try prefix(byte, &events)
            case .picture: try inPicture(byte, &events, &out)
            }
        }
        if !out.isEmpty { events.append(.bytes(out)) }
        return events
    }

    private mutating func outside(_ byte: UInt8) {
        rest.append(byte)
        switch byte {
        case UInt8(ascii: "\""):
            let mayHold = name == PictureScan.picture || name == PictureScan.link
            if isAfterColon, mayHold {
                state = .start
                start = []
            } else {
                state = .text
                name = []
            }
            isAfterColon = false
        case UInt8(ascii: ":"): isAfterColon = true
        case 0x20, 0x09, 0x0A, 0x0D: break
        default:
            isAfterColon = false
            name = []
        }
    }

    private mutating func text(_ byte: UInt8) {
        rest.append(byte)
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            state = .outside
            return
        }
        if name.count <= PictureScan.picture.count { name.append(byte) }
    }

    /// Reads the start of a text until it is known to be a picture or not.
    private mutating func begin(
        _ byte: UInt8,
        _ events: inout [Event],
        _ out: inout [UInt8]
    ) throws(Base64Decoder.Malformed) {
        let isEnd = byte == UInt8(ascii: "\"")
        if !isEnd, start.count < PictureScan.scheme.count {
            start.append(byte)
            if start == PictureScan.scheme { state = .prefix }
            if PictureScan.scheme.starts(with: start) { return }
        }
        let held = start
        start = []
        if name == PictureScan.link {
            state = .text
            name = []
            for byte in held { text(byte) }
            if isEnd { text(byte) }
            return
        }
        state = .picture
        for byte in held { try inPicture(byte, &events, &out) }
        if isEnd { try inPicture(byte, &events, &out) }
    }

    private mutating func prefix(
        _ byte: UInt8,
        _ events: inout [Event]
    ) throws(Base64Decoder.Malformed) {
        if byte == UInt8(ascii: "\\") { return }  // an escaped slash
        guard byte != UInt8(ascii: ",") else {
            let words = String(decoding: start.dropFirst(PictureScan.scheme.count), as: UTF8.self)
                .split(separator: ";", omittingEmptySubsequences: false)
            guard words.last == "base64" else { throw Base64Decoder.Malformed() }
            state = .picture
            hasBegun = true
            events.append(.begin(kind: words.first.flatMap { $0.isEmpty ? nil : String($0) }))
            return
        }
        guard byte != UInt8(ascii: "\""), start.count < PictureScan.mostPrefix else {
            throw Base64Decoder.Malformed()
        }
        start.append(byte)
    }

    private mutating func inPicture(
        _ byte: UInt8,
        _ events: inout [Event],
        _ out: inout [UInt8]
    ) throws(Base64Decoder.Malformed) {
        if escape != nil { return try digit(byte, &events, &out) }
        if isEscaped {
            isEscaped = false
            switch byte {
            case UInt8(ascii: "/"): try decode(CollectionOfOne(byte), &events, &out)
            case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): break
            case UInt8(ascii: "u"): escape = []
            default: throw Base64Decoder.Malformed()
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\\"): isEscaped = true
        case UInt8(ascii: "\""):
            rest.append(byte)
            state = .outside
            name = []
            guard hasBegun else { return }
            hasBegun = false
            try decoder.finish(onto: &out)
            if !out.isEmpty { events.append(.bytes(out)) }
            out = []
            events.append(.end)
        default: try decode(CollectionOfOne(byte), &events, &out)
        }
    }

    private mutating func digit(
        _ byte: UInt8,
        _ events: inout [Event],
        _ out: inout [UInt8]
    ) throws(Base64Decoder.Malformed) {
        escape?.append(byte)
        guard let digits = escape, digits.count == 4 else { return }
        escape = nil
        guard let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw Base64Decoder.Malformed()
        }
        try decode(CollectionOfOne(code), &events, &out)
    }

    /// Whether a byte ends a run of plain digits.
    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func decode(
        _ text: some Collection<UInt8>,
        _ events: inout [Event],
        _ out: inout [UInt8]
    ) throws(Base64Decoder.Malformed) {
        if !hasBegun {
            hasBegun = true
            events.append(.begin(kind: nil))
        }
        try decoder.feed(text, onto: &out)
    }
}
