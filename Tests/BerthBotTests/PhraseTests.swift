import BerthFiles
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthWork
import Testing

@testable import BerthBot

@Suite(.loop) struct PhraseTests {
    /// The phrase after this one.
    ///
    /// The compiler refuses a list that lacks a case.
    private static func next(after phrase: Phrase?, _ usage: UsageInfo) -> Phrase? {
        switch phrase {
        case nil: .help
        case .help: .translateUsage
        case .translateUsage: .imageUsage(.noPrompt)
        case .imageUsage: .unknownCommand("dance")
        case .unknownCommand: .freshStart
        case .freshStart: .models(chosen: "berth", names: ["a", "b"])
        case .models: .modelChosen("a")
        case .modelChosen: .nothingChanged(.unknownModel("c", known: ["a"]))
        case .nothingChanged: .usage(usage)
        case .usage: .webLink("http://localhost/login?token=x")
        case .webLink: .files(list())
        case .files: .deleteUsage
        case .deleteUsage: .filesDeleted(FileTotal(files: 1, bytes: 9))
        case .filesDeleted: .stopped
        case .stopped: .nothingToStop
        case .nothingToStop: .waitingForMemory
        case .waitingForMemory: .waitingForModel(isPaused: false, .seconds(40))
        case .waitingForModel: .progress(.running(percent: 40))
        case .progress: .refusal(.suspended)
        case .refusal: .gaveUp(.suspended, "tried 3 times without success")
        case .gaveUp: .restarting
        case .restarting: .uncertain
        case .uncertain: .ended(.length)
        case .ended: .notSaved(.stopping)
        case .notSaved: nil
        }
    }

    private static func list() -> FileList {
        let owner = FileOwner(tenant: RowID(1), disk: .mebibytes(1), files: 9)
        return FileList(newest: [], use: FileAccounts().use(of: RowID(1)), owner: owner)
    }

    @Loop @Test func `a language that claims to be complete has words for every phrase`()
        async throws
    {
        try await withBot { bot in
            let usage = bot.bot.meter.usage(bot.ann)
            let complete = PhraseTable.all.filter(\.isComplete)
            #expect(complete.contains { $0.language == .english })
            var (phrase, count) = (Self.next(after: nil, usage), 0)
            while let current = phrase {
                for table in complete {
                    let words = table.words(current) ?? ""
                    #expect(!words.isEmpty, "\(current) in \(table.language.name)")
                }
                (phrase, count) = (Self.next(after: current, usage), count + 1)
            }
            #expect(count == 24)
        }
    }

    @Test func `a phrase is in English where its language has no words for it`() {
        let french = Language("French")
        #expect(french.map { Phrase.stopped.text(in: $0) } == "Stopped.")
        #expect(Phrase.stopped.text() == "Stopped.")
    }
}
