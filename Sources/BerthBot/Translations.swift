import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthProviders
import BerthTelemetry
import BerthText

/// Translations for Berth's own use: on a tenant's account, with its limits, kept like those that
/// tenants ask for.
@Loop package final class Translations {
    private let answers: Answers
    private let models: ModelCatalog
    private let surroundings: Surroundings

    init(answers: Answers, models: ModelCatalog, in surroundings: Surroundings) {
        self.answers = answers
        self.models = models
        self.surroundings = surroundings
    }

    /// A picture's prompt in English, for models with the setting `prompt: english`.
    ///
    /// What is plainly English is given back without asking anybody. All else is asked, and costs
    /// about 150 tokens more than the prompt has, once in 30 days: a model gives English back as it
    /// is. So a mistake of the check costs a little, never a wrong picture.
    ///
    /// - Parameters:
    ///   - written: as the tenant wrote it, at most 32 KiB.
    ///   - tenant: who pays.
    ///   - request: for the log.
    /// - Returns: the prompt in English; as it was written where a model answers with nothing.
    /// - Throws: ``BotError``: no model gave an answer, a quota is used up, the text is too long.
    package func english(
        _ written: String,
        for tenant: LiveTenant,
        request: String = "-"
    ) async throws(BotError) -> String {
        let text = written.trimmed
        guard !text.isEmpty, !Translations.isPlainlyEnglish(text) else { return text }
        let size = ByteCount(text.utf8.count)
        guard size <= Turns.textLimit else { throw .textTooLong(size, limit: Turns.textLimit) }
        let question = Question(Translation(text, into: .english))
        let model = models.choices[0]
        try Prompt.check(question, for: model)
        let memory: PrepaidMemory
        let window: MemoryLease
        do {
            let need = Prompt.worstCase(question)
            memory = try await PrepaidMemory(
                need + ChatOrder.need(of: need),
                of: tenant.account,
                by: surroundings.clock
            )
            window = try memory.take(need, for: .sessionWindow)
        } catch { throw .memory(error) }
        let prompt: Prompt
        do { prompt = try Prompt(question, budget: model.context - model.output) } catch {
            throw .body(error.description)
        }
        let order = prompt.order(
            models.choices,
            tenant,
            memory: memory,
            requestID: request,
            since: surroundings.clock.now
        )
        let answer = try await answers.complete(order)
        _ = consume window
        let english = answer.text.trimmed
        return english.isEmpty ? text : english
    }

    /// Whether a text is surely in English: ASCII alone, with a word that is common there and that no
    /// other language has.
    static nonisolated func isPlainlyEnglish(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        let words = Set(text.lowercased().split { !$0.isLetter }.map(String.init))
        // "of" alone is Dutch, "a" alone is half of Europe.
        return !words.isDisjoint(with: marks) || words.isSuperset(of: ["a", "of"])
    }

    private static nonisolated let marks: Set = [
        "the", "with", "from", "through", "behind", "without", "wearing", "which", "their",
    ]
}
