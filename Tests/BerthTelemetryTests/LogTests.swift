import BerthLoop
import BerthTelemetry
import Synchronization
import Testing

/// The lines that a log wrote.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func log(_ level: LogLevel, _ format: LogFormat = .text) -> Log {
        Log(level: level, format: format) { line in self.lines.withLock { $0.append(line) } }
    }
}

@Suite(.timeLimit(.minutes(20))) struct LogTests {
    @Test(arguments: zip(LogLevel.allCases, [4, 3, 2, 1]))
    func `less than the level is not said`(level: LogLevel, said: Int) {
        let lines = Lines()
        let log = lines.log(level)
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
        let words = lines.all.map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
        #expect(words == ["debug a", "info b", "warning c", "error d"].suffix(said))
    }

    @Test func `the silent log says nothing`() {
        Log.silent.error("nobody hears it")
    }

    @Test func `every kind of value has its form`() {
        let lines = Lines()
        lines.log(.info).info(
            "kinds",
            [
                "n": 7, "i": .int(UInt64.max), "ms": .ms(.seconds(2)), "t": "bare",
                "d": .describing(LogLevel.error), "x": "a \(1)",
            ]
        )
        let tail = lines.all[0].drop { $0 != " " }
        #expect(tail == " info kinds n=7 i=9223372036854775807 ms=2000 t=bare d=error x=\"a 1\"")
    }

    @Test func `a line begins with its time in UTC`() throws {
        let lines = Lines()
        lines.log(.info).info("now")
        let time = try #require(lines.all.first?.split(separator: " ").first)
        #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil)
    }

    @Test func `levels are words that ascend`() {
        #expect(LogLevel.allCases.map(\.name) == ["debug", "info", "warning", "error"])
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
    }
}
