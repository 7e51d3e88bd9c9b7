import BerthLoop
import BerthText

/// The parts of one line of the log.
struct LogLine {
    let time: Timestamp
    let level: LogLevel
    let message: String
    let fields: KeyValuePairs<String, LogValue>

    /// The most bytes of a field's value, because some of them come from clients and providers.
    private static let mostValue = 4096

    func text(_ format: LogFormat) -> String {
        switch format {
        case .text: plain
        case .json: json
        }
    }

    /// The bytes that most lines fit into.
    private static let usual = 256

    private var plain: String {
        // Each call has a line. Bytes are appended in a fifth of the time that texts take.
        var line: [UInt8] = []
        line.reserveCapacity(LogLine.usual)
        for part in [time.description, " ", level.name, " ", message] { line += part.utf8 }
        for (key, value) in fields {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            switch value {
            case .number(let number): line += String(number).utf8
            case .text(let whole):
                let text = whole.shortened(toBytes: LogLine.mostValue)
                line += (LogLine.isBare(text) ? text : VisibleQuote.quoted(text)).utf8
            }
        }
        return String(decoding: line, as: UTF8.self)
    }

    private var json: String {
        var line =
            "{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"message\":\(VisibleQuote.quoted(message))"
        for (key, value) in fields {
            switch value {
            case .number(let number): line += ",\(VisibleQuote.quoted(key)):\(number)"
            case .text(let whole):
                let text = whole.shortened(toBytes: LogLine.mostValue)
                line += ",\(VisibleQuote.quoted(key)):\(VisibleQuote.quoted(text))"
            }
        }
        return line + "}"
    }

    /// Whether a value can stand without quotes in a `key=value` line.
    private static func isBare(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 < 0x7F }
    }
}
