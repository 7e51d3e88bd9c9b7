import BerthStore
import Testing

@testable import BerthBot
@testable import BerthChannels

/// The words of a messenger about a conversation that no longer fits.
@Suite struct TelegramForgettingTests {
    @Test(arguments: [
        ("en", "left out"), ("ru", "модель не видит"), ("uk", "не бачить"), ("zh", "看不到"),
    ])
    func `the first answer that forgets says so below its text`(code: String, words: String) {
        let language = Language.of(tag: code)
        var outcome = TurnOutcome(.done, answer: "yes")
        #expect(TelegramReplies.markdown(of: outcome, in: language) == "yes")
        outcome.beginsToForget = true
        let markdown = TelegramReplies.markdown(of: outcome, in: language)
        #expect(markdown.hasPrefix("yes\n\n*") && markdown.contains(words))
        outcome.end = .failed
        outcome.error = "no"
        #expect(!TelegramReplies.markdown(of: outcome, in: language).contains(words))
    }

    @Test(arguments: [
        ("en", "a summary of its beginning"), ("ru", "в пересказе"), ("uk", "в переказі"),
        ("zh", "摘要"),
    ])
    func `the first answer with a summary of the beginning says so`(
        code: String,
        words: String
    ) async throws {
        var outcome = TurnOutcome(.done, answer: "yes")
        (outcome.beginsToForget, outcome.isSummarized) = (true, true)
        let markdown = TelegramReplies.markdown(of: outcome, in: Language.of(tag: code))
        #expect(markdown.hasPrefix("yes\n\n*") && markdown.contains(words))
    }

    @Test func `a model with a larger context is given larger documents`() {
        #expect(TelegramPrompt.documents(for: nil) == TelegramPrompt.mostDocuments)
    }
}
