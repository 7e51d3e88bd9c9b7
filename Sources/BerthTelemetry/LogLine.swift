import BerthLoop
import BerthText
import Glibc

/// The parts of one line of the log.
struct LogLine {
    let time: Timestamp
    let level: LogLevel
    let message: String
    let fields: KeyValuePairs<String, LogValue>

    /// The machine's time.
    ///
    /// Log lines have it as their time stamp even if a test's clock stands still.
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
            case .text(let text):
                line += " \(key)=\(LogLine.isBare(text) ? text : VisibleQuote.quoted(text))"
            }
        }
        return line
    }

    private var json: String {
        var line =
            "{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"message\":\(VisibleQuote.quoted(message))"
        for (key, value) in fields {
            switch value {
            case .number(let number): line += ",\(VisibleQuote.quoted(key)):\(number)"
            case .text(let text):
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
