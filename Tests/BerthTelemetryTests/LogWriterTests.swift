import BerthLoop
import BerthMemory
import BerthTestKit
import Glibc
import Testing

@testable import BerthTelemetry

/// The log's writer on real pipes, sockets, terminals and devices.
@Suite(.loop, .timeLimit(.minutes(20))) struct LogWriterTests {
    @Loop private func log(_ writer: LogWriter) -> Log {
        Log(level: .info, format: .text, writer: writer)
    }

    @Loop @Test func `all lines of a turn are one write, in order`() async {
        let pipe = DescriptorPair.pipe()
        let log = log(LogWriter(to: pipe.writing))
        log.info("first")
        log.info("second")
        #expect(pipe.read().isEmpty)
        await Task.yield()
        #expect(await eventually { pipe.count(of: " first\n") == 1 })
        #expect(pipe.text.hasSuffix(" info second\n"))
    }

    @Loop @Test func `a reader that stands still holds nobody up, and hears of lost lines`() async {
        let pipe = DescriptorPair.pipe()
        let writer = LogWriter(to: pipe.writing)
        let log = log(writer)
        for number in 0..<5000 { log.info("a line", ["n": .int(number)]) }
        #expect(writer.lost > 0)
        let lost = writer.lost
        #expect(await eventually { pipe.count(of: "log lines were lost") == 1 })
        log.info("the end")
        #expect(await eventually { pipe.count(of: "the end") == 1 })
        let kept = pipe.text.split(separator: "\n").filter { $0.contains(" a line n=") }
        #expect(kept.count == 5000 - lost)
        #expect(pipe.text.contains("lines=\(lost)\n"))
        let numbers = kept.compactMap { $0.split(separator: "=").last.flatMap { Int($0) } }
        #expect(numbers == numbers.sorted())
        let words = pipe.text.split(separator: "\n")
        let (notice, end) = (
            words.firstIndex { $0.contains("lost") } ?? 0, words.count - 1
        )
        #expect(notice == end - 1, "the line about the loss stands where the lines are missing")
    }

    @Loop @Test func `the descriptor of other programs stays as it was`() async {
        for pair in [DescriptorPair.pipe(), .sockets(), .terminal()] {
            let before = fcntl(pair.writing, F_GETFL)
            let log = log(LogWriter(to: pair.writing))
            log.info("a line")
            let hasCome = await eventually { pair.count(of: "a line") == 1 }
            #expect(hasCome)
            #expect(fcntl(pair.writing, F_GETFL) == before)
        }
    }

    @Loop @Test func `lines never go to a later owner of the descriptor's number`() {
        for pair in [DescriptorPair.pipe(), .sockets(), .terminal()] {
            let other = DescriptorPair.pipe()
            let writer = LogWriter(to: pair.writing)
            _ = dup2(other.writing, pair.writing)
            log(writer).info("a line")
            writer.finish()
            #expect(other.read().isEmpty)
            #expect(pair.count(of: "a line") == 1)
        }
    }

    @Loop @Test func `a socket or a stopped terminal holds nobody up`() async {
        let terminal = DescriptorPair.terminal()
        terminal.stop()  // Ctrl-S
        let pairs = [terminal, DescriptorPair.sockets()]
        let writers = pairs.map { LogWriter(to: $0.writing) }
        for writer in writers {
            let log = log(writer)
            let line = String(repeating: "x", count: 1000)
            for _ in 0..<2000 { log.info("a line", ["x": .text(line)]) }
            #expect(writer.lost > 0)
        }
        terminal.go()
        #expect(await eventually { terminal.count(of: "log lines were lost") == 1 })
        withExtendedLifetime(writers) {}
    }

    @Loop @Test(arguments: ["/dev/full", "/dev/null", "a file", "a closed pipe", "nothing"])
    func `a place that takes nothing holds nobody up`(place: String) async throws {
        let descriptor = DescriptorPair.open(place)
        defer { close(descriptor) }
        let writer = LogWriter(to: descriptor)
        let log = log(writer)
        for number in 0..<5000 { log.info("a line", ["n": .int(number)]) }
        let takesAll = ["/dev/null", "a file"].contains(place)
        #expect((writer.lost == 0) == takesAll)
        writer.finish()
    }

    @Loop @Test func `lines of other threads come too`() async {
        let pipe = DescriptorPair.pipe()
        let log = log(LogWriter(to: pipe.writing))
        let workers = (0..<4).map { Worker(name: "test-log-\($0)") }
        for worker in workers {
            worker.post { for _ in 0..<100 { log.info("from a thread") } }
        }
        #expect(await eventually { pipe.count(of: " info from a thread\n") == 400 })
    }

    @Loop @Test func `the end writes what is left, and waits for no reader that stands still`() {
        let pipe = DescriptorPair.pipe()
        let writer = LogWriter(to: pipe.writing)
        let log = log(writer)
        log.info("the last line")
        writer.finish()
        #expect(pipe.count(of: "the last line\n") == 1)
        for _ in 0..<2000 { log.info("more than a pipe holds") }
        writer.finish()  // returns
        #expect(pipe.count(of: "more") > 0)
    }

    @Loop @Test func `a line longer than the buffer is lost, and those after it come`() async {
        let pipe = DescriptorPair.pipe()
        let writer = LogWriter(to: pipe.writing)
        let log = log(writer)
        writer.add(String(repeating: "x", count: LogWriter.capacity.bytes) + "\n")
        log.info("after")
        #expect(await eventually { pipe.count(of: " info after\n") == 1 })
        #expect(pipe.count(of: "lines=1\n") == 1)
        #expect(writer.lost == 1)
    }
}
