import BerthChannels
import BerthConfig
import BerthLoop
import BerthSimulation
import BerthTestKit
import Testing

/// The message that shows an answer while it is written, and the answer that takes its place.
@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramPreviewTests {
    private static let group = -7
    private static var edits: TelegramBench.Change {
        var change = TelegramBench.Change()
        change.stream = .edits
        return change
    }

    /// Asks in the group, and waits until the beginning of the answer is shown.
    @Loop private static func begin(_ bench: TelegramBench) async throws -> (HandCall, Int) {
        bench.telegram.bring(
            "q",
            in: group,
            from: TelegramBench.ann,
            members: TelegramBench.toBot
        )
        let call = try await bench.bot.hand.call()
        call.say("The beginning")
        let shown = try #require(await bench.wait(for: 1, "sendMessage", to: group).first)
        #expect(shown.text == "The beginning" && shown.arguments["reply_parameters"] != nil)
        #expect(shown.arguments["reply_markup"]?.contains(#""s""#) == true)
        // The next call comes when the message is on the disk.
        call.say(" and")
        _ = await bench.wait(for: 1, "editMessageText", to: group)
        return (call, shown.message)
    }

    @Loop @Test(arguments: [Configuration.Telegram.Stream.edits, .drafts])
    func `in a group an answer grows by edits of one message, which becomes the answer`(
        _ stream: Configuration.Telegram.Stream
    ) async throws {
        var change = TelegramBench.Change()
        change.stream = stream
        try await TelegramBench.run(change) { bench in
            let (call, message) = try await Self.begin(bench)
            call.say(" the middle")
            _ = await bench.wait(for: 2, "editMessageText", to: Self.group)
            call.say(" and **the end**")
            call.finish()
            let isDone = await eventually {
                bench.calls("editMessageText", to: Self.group).last?.text
                    == "The beginning and the middle and the end"
            }
            #expect(isDone)
            await bench.delivered()
            let edits = bench.calls("editMessageText", to: Self.group)
            #expect(edits.allSatisfy { $0.message == message })
            #expect(edits.last?.arguments["reply_markup"]?.contains("a:1") == true)
            #expect(bench.calls("sendMessage", to: Self.group).count == 1)
            #expect(bench.calls("sendMessageDraft", to: Self.group).isEmpty)
            #expect(bench.telegram.faults.isEmpty)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `an answer that comes after a start takes the place of its preview`(
        _ isKilled: Bool
    ) async throws {
        var message = 0
        try await TelegramBench.restarting(isKilled: isKilled, Self.edits) { bench in
            (_, message) = try await Self.begin(bench)
        } _: { bench in
            try await bench.answers("All of it")
            let isDone = await eventually {
                bench.calls("editMessageText", to: Self.group).last?.text == "All of it"
            }
            #expect(isDone)
            await bench.delivered()
            #expect(bench.shown(in: Self.group) == ["All of it"])
            #expect(bench.calls("editMessageText", to: Self.group).last?.message == message)
            #expect(bench.calls("sendMessage", to: Self.group).count == 1)
        }
    }

    @Loop @Test func `a turn that a kill leaves unknown says so in the place of its preview`()
        async throws
    {
        var change = Self.edits
        change.configure = { $0.uncertain.askAgainBelow = .zero }
        try await TelegramBench.restarting(isKilled: true, change) { bench in
            _ = try await Self.begin(bench)
        } _: { bench in
            let isTold = await eventually {
                bench.shown(in: Self.group).first?.contains("broke off") == true
            }
            #expect(isTold && bench.shown(in: Self.group).count == 1)
        }
    }

    @Loop @Test func `a preview that a person has deleted is sent again as the answer`()
        async throws
    {
        var message = 0
        try await TelegramBench.restarting(isKilled: true, Self.edits) { bench in
            (_, message) = try await Self.begin(bench)
        } _: { bench in
            bench.telegram.delete(message, in: Self.group)
            try await bench.answers("All of it")
            _ = await bench.wait(for: 2, "sendMessage", to: Self.group)
            await bench.delivered()
            #expect(bench.texts(to: Self.group).last == "All of it")
        }
    }
}

extension TelegramBench {
    /// The texts that a chat shows, in the order of the messages.
    func shown(in chat: Int) -> [String] {
        var texts: [Int: String] = [:]
        for sent in telegram.sent where sent.chat == chat {
            switch sent.method {
            case "sendmessage", "editmessagetext": texts[sent.message] = sent.text
            case "deletemessage": texts[sent.message] = nil
            default: break
            }
        }
        return texts.sorted { $0.key < $1.key }.map(\.value)
    }
}
