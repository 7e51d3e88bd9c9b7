import BerthLoop
import Glibc

/// One line of the log, before it is text.
struct LogLine {
    let time: Timestamp
    let level: LogLevel
    let message: String
    let fields: KeyValuePairs<String, LogValue>

    /// The machine's time: a log's lines are stamped with it even when a test's clock stands still.
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    func text(_ format: LogFormat) -> String {
        switch format {
        case .text: plain
        case .json: json
        }
    }

    private var plain: String {
        var line = "\(time) \(level.name) \(message)"
        for (key, value) in fields {
            switch value {
            case .number(let number): line += " \(key)=\(number)"
            case .text(let text): line += " \(key)=\(LogLine.isBare(text) ? text : quoted(text))"
            }
        }
        return line
    }

    private var json: String {
        var line =
            "{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"message\":\(quoted(message))"
        for (key, value) in fields {
            switch value {
            case .number(let number): line += ",\(quoted(key)):\(number)"
            case .text(let text): line += ",\(quoted(key)):\(quoted(text))"
            }
        }
        return line + "}"
    }

    /// Whether a value can stand without quotes in a `key=value` line.
    private static func isBare(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 < 0x7F }
    }

    /// Whether a terminal or an editor would obey it rather than show it: controls of both sets,
    /// line and paragraph separators, and what turns the direction of writing.
    private static func isTreacherous(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// A JSON string: also how a text line quotes, so that no value can forge a line.
    private func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where LogLine.isTreacherous(scalar):
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
