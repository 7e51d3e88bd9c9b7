import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import Testing

@testable import BerthWork

/// One answer under way, for any number of readers.
@Suite(.loop, .timeLimit(.minutes(20))) struct BroadcastTests {
    @Loop private func log(_ quota: ByteCount = .mebibytes(1)) throws -> (Broadcast, MemoryAccount)
    {
        let account = MemoryBudget(limit: .mebibytes(8)).account(for: "(test)", quota: quota)
        return (Broadcast(on: try account.lease(Broadcast.step, for: .replyBuffer)), account)
    }

    /// The pieces of a log that has ended, in words.
    @Loop private func told(_ reader: BroadcastReader) async throws -> [String] {
        var told: [String] = []
        while let piece = try await reader.next() {
            switch piece {
            case .text(let text): told.append(text)
            case .finish(let reason): told.append("(\(reason))")
            case .usage(let usage, _): told.append("(\(usage.input) + \(usage.output))")
            case .raw(let raw): told.append("raw:\(raw.text)")
            case .toolCall, .whole: told.append("?")
            }
        }
        return told
    }

    private static func raw(_ text: String) throws -> AnswerPiece {
        let json = #"{"choices":[{"index":0,"delta":{"content":"\#(text)","reasoning":"Hm"}}]}"#
        return .raw(RawPiece(chunk: try JSONObject(Array(json.utf8)), text: text, finish: nil))
    }

    @Loop @Test func `a reader that comes late reads from the beginning`() async throws {
        let (log, _) = try log()
        try log.append(.text("A "))
        let early = log.reader()
        #expect(early.taken()?.text == "A ")
        try log.append(.text("bed."))
        try log.append(.finish("stop"))
        log.close(AnswerEnd())
        #expect(try await told(early) == ["bed.", "(stop)"])
        #expect(try await told(log.reader()) == ["A bed.", "(stop)"])
    }

    @Loop @Test func `every reader gets the other pieces in their places`() async throws {
        let (log, _) = try log()
        try log.append(.text("one "))
        try log.append(Self.raw("two "))
        try log.append(.text("three"))
        let usage = TokenUsage(input: 1, output: 2, isEstimated: false)
        try log.append(.usage(usage, details: nil))
        log.close(AnswerEnd(usage: usage))
        #expect(try await told(log.reader()) == ["one ", "raw:two ", "three", "(1 + 2)"])
        let text = String(decoding: log.text, as: UTF8.self)
        #expect(text == "one two three")
    }

    @Loop @Test func `a piece of text has at most its bound and whole characters`() async throws {
        let (log, _) = try log()
        try log.append(.text(String(repeating: "é", count: 10)))
        log.close(AnswerEnd())
        let pieces = try await told(log.reader(mostText: 5))
        #expect(pieces == Array(repeating: "éé", count: 5))
    }

    @Loop @Test func `a reader that waits is woken by a piece and by the end`() async throws {
        let (log, _) = try log()
        let (pool, heard) = (TaskPool(), Mailbox<[String]>())
        pool.spawn { heard.put((try? await told(log.reader())) ?? ["error"]) }
        await settle()
        try log.append(.text("A bed."))
        await settle()
        log.close(AnswerEnd())
        #expect(try await heard.next("the pieces") == ["A bed."])
    }

    @Loop @Test func `a reader that is cancelled takes nothing from the others`() async throws {
        let (log, _) = try log()
        let (pool, ended) = (TaskPool(), Mailbox<Bool>())
        pool.spawn {
            do { _ = try await log.reader().next() } catch { ended.put(true) }
        }
        await settle()
        pool.cancelAll()
        #expect(try await ended.next("the cancelled reader"))
        try log.append(.text("A bed."))
        log.close(AnswerEnd())
        #expect(try await told(log.reader()) == ["A bed."])
    }

    @Loop @Test func `a log grows by its lease and refuses at its limit and its quota`()
        async throws
    {
        let (log, account) = try log(.kibibytes(64))
        try log.append(.text(String(repeating: "x", count: 40_000)))
        let held = account.held
        #expect(held >= ByteCount(40_000))
        #expect(throws: BotError.self) {
            try log.append(.text(String(repeating: "x", count: 40_000)))
        }
        let count = log.text.count
        #expect(count == 40_000)
        let small = Broadcast(
            on: try account.lease(Broadcast.step, for: .replyBuffer),
            limit: ByteCount(4)
        )
        try small.append(.text("1234"))
        let refusal = #expect(throws: BotError.self) { try small.append(.text("5")) }
        #expect(refusal?.description.contains("longer than") == true)
    }

    @Loop @Test func `the first end and the first model count`() async throws {
        let (log, _) = try log()
        log.begin("a/m")
        log.begin("b/m")
        log.close(AnswerEnd(error: .stopping))
        log.close(AnswerEnd())
        let (model, error) = (log.model, log.end?.error?.description)
        #expect(model == "a/m" && error == BotError.stopping.description)
    }
}
