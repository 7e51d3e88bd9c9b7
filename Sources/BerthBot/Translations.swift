import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
package import BerthWork

/// Translations for Berth's own use.
///
/// They are paid by a tenant, count toward its limits, and are cached like the tenant's own.
@Loop package final class Translations {
    private let answers: Answers
    private let models: ModelCatalog
    private let store: any Store
    private let surroundings: Surroundings

    init(
        _ answers: Answers,
        _ models: ModelCatalog,
        _ store: any Store,
        in surroundings: Surroundings
    ) {
        self.answers = answers
        self.models = models
        self.store = store
        self.surroundings = surroundings
    }

    /// A picture's prompt in English, for models with the setting `prompt: english`.
    ///
    /// A prompt that is plainly English is returned as it is, without a call. Any other prompt is
    /// translated, which costs about 150 tokens beyond its own, once in 30 days. A model repeats
    /// English unchanged, so a wrong guess of the check costs a little and does not change the
    /// picture.
    ///
    /// - Parameters:
    ///   - written: the prompt as the tenant wrote it, at most 32 KiB.
    ///   - tenant: the tenant who pays.
    ///   - request: the id of the request, for the log.
    ///   - errand: keeps the prompt for its turn, or nil for a prompt that is not kept.
    /// - Returns: the prompt in English, or as it was written if the model's answer is empty.
    /// - Throws: ``BotError`` if no model answers, a quota is used up or the text is too long.
    package func english(
        _ written: String,
        for tenant: LiveTenant,
        request: String = "-",
        _ errand: Errand? = nil
    ) async throws(BotError) -> String {
        let text = written.trimmed
        guard !text.isEmpty, !Translations.isPlainlyEnglish(text) else { return text }
        if let known = try await found(errand) { return known.isEmpty ? text : known }
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
                need + Ask.need(of: need),
                of: tenant.account,
                by: surroundings.clock
            )
            window = try memory.take(need, for: .sessionWindow)
        } catch { throw .memory(error) }
        let prompt = try await Prompt.of(question, budget: model.context - model.output)
        var ask = Ask(
            prompt.request,
            models.choices,
            tenant,
            memory: memory,
            requestID: request,
            since: surroundings.clock.now
        )
        (ask.isContextFree, ask.kind) = (prompt.isContextFree, prompt.kind)
        (ask.isOwn, ask.errand) = (true, errand)
        let answer = try await answers.complete(ask)
        _ = consume window
        let english = answer.text.trimmed
        return english.isEmpty ? text : english
    }

    /// The prompt that an earlier try has bought, or nil if none has asked for it.
    ///
    /// - Throws: ``BotError``: the prompt may have been bought and is lost.
    private func found(_ errand: Errand?) async throws(BotError) -> String? {
        guard let errand else { return nil }
        let found = try await withBotErrors { () async throws(StoreError) in
            try await store.sideText([errand.text])
        }
        switch found {
        case .text(let english): return english.trimmed
        case .lost:
            let reason = "the service was restarted meanwhile"
            throw .provider(
                .uncertain(provider: models.choices[0].provider.name, reason: reason)
            )
        case nil: return nil
        }
    }

    /// Whether a text is certainly in English.
    ///
    /// It is if it is ASCII and has a word that is common in English and in no other language.
    static nonisolated func isPlainlyEnglish(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        let letters = text.lowercased().utf8.split { !(0x61...0x7A).contains($0) }
        let words = Set(letters.map { String(Substring($0)) })
        // "of" is also a Dutch word, and "a" is one in many languages.
        return !words.isDisjoint(with: marks) || words.isSuperset(of: ["a", "of"])
    }

    private static nonisolated let marks: Set = [
        "the", "with", "from", "through", "behind", "without", "wearing", "which", "their",
    ]
}
