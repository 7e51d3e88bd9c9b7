import BerthConfig
import BerthLoop
import BerthTelemetry

/// The quirks of one provider's server: those of the configuration, and those that it learns.
@Loop final class QuirkLearner {
    private let provider: String
    private let server: String
    private let configured: Quirks
    private let usualLimit: Quirks.OutputLimit?
    private let book: QuirkBook
    private let surroundings: Surroundings
    /// The parts that each model has taken, for at most as many models as are configured.
    private var taken: [String: QuirkTrial.Taken] = [:]
    /// The refusals of parts that a model had taken, since it took all parts last.
    private var doubts: [String: Doubt] = [:]

    private struct Doubt {
        let tenant: String
        var count = 0
    }

    /// So many refusals in a row are believed, although one tenant's requests caused all.
    static nonisolated let mostDoubts = 8

    /// Makes the learner of a provider, which keeps what it learns in `book`.
    init(_ settings: Configuration.Provider, _ book: QuirkBook, in surroundings: Surroundings) {
        provider = settings.name
        server = QuirkBook.server(settings)
        configured = settings.quirks
        usualLimit = QuirkLearner.usualLimit(settings)
        self.book = book
        self.surroundings = surroundings
    }

    /// The name of the output limit that a server is expected to know.
    ///
    /// OpenAI refuses `max_tokens` for its newer models. Many other servers know no other name, and
    /// some of them ignore a name that they do not know.
    private static func usualLimit(_ settings: Configuration.Provider) -> Quirks.OutputLimit? {
        guard settings.kind != .anthropic else { return nil }
        return settings.baseURL.host == "api.openai.com" ? .maxCompletionTokens : .maxTokens
    }

    /// Asks for a streamed answer, in as many attempts as the refusals of Berth's own parts need.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - open: makes an attempt.
    /// - Returns: the stream, which makes further attempts until its first piece has come.
    /// - Throws: the errors of the last attempt.
    func stream(
        _ call: ChatCall,
        _ open: @escaping QuirkStream.Open
    ) async throws(ProviderError) -> any ChatStream {
        let trial = trial(call, streaming: true)
        let stream = try await run(trial) { () async throws(ProviderError) in try await open(trial)
        }
        return trial.isProven ? stream : QuirkStream(stream, trial, self, open)
    }

    /// Asks for a whole answer in the same way, and learns from it.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - attempt: makes an attempt.
    /// - Returns: the answer of the last attempt.
    /// - Throws: the errors of the last attempt.
    func complete(
        _ call: ChatCall,
        _ attempt: @Loop (QuirkTrial) async throws(ProviderError) -> ChatCompletion
    ) async throws(ProviderError) -> ChatCompletion {
        let trial = trial(call, streaming: false)
        let answer = try await run(trial) { () async throws(ProviderError) in
            try await attempt(trial)
        }
        learn(from: trial)
        return answer
    }

    /// Begins the attempts of a call.
    private func trial(_ call: ChatCall, streaming: Bool) -> QuirkTrial {
        QuirkTrial(
            call,
            streaming: streaming,
            quirks(of: call.model),
            usualLimit: usualLimit,
            taken: taken[call.model] ?? QuirkTrial.Taken()
        )
    }

    private func quirks(of model: String) -> Quirks {
        let now = surroundings.clock.timestamp
        return configured.adding(book.quirks(of: provider, model, at: server, now: now))
    }

    /// Makes attempts until one is no longer refused for a part of Berth's own.
    ///
    /// - Parameters:
    ///   - trial: the attempts.
    ///   - failure: the error of the last attempt, or nil before the first.
    ///   - attempt: sends the request that the trial describes.
    /// - Returns: the result of the last attempt.
    /// - Throws: the refusal if no change helps, or any other error of an attempt.
    func run<Answer>(
        _ trial: QuirkTrial,
        after failure: ProviderError? = nil,
        _ attempt: @Loop () async throws(ProviderError) -> Answer
    ) async throws(ProviderError) -> Answer {
        var failure = failure
        while true {
            if let failure { try await trial.goOn(after: failure) }
            do throws(ProviderError) { return try await attempt() } catch { failure = error }
        }
    }

    /// Learns from a call that is being answered.
    ///
    /// A part that the model has taken before may be refused because of one tenant's request. It is
    /// left out for all only if several tenants, or many requests in a row, have met the refusal.
    func learn(from trial: QuirkTrial) {
        let model = trial.call.model
        guard trial.isChanged else {
            trial.note(in: &taken[model, default: QuirkTrial.Taken()])
            doubts[model] = nil
            return
        }
        if trial.contradicts {
            var doubt = doubts[model] ?? Doubt(tenant: trial.call.user)
            doubt.count += 1
            doubts[model] = doubt
            let isCommon = doubt.tenant != trial.call.user || doubt.count >= QuirkLearner.mostDoubts
            guard isCommon else { return }
            (doubts[model], taken[model]) = (nil, nil)
        }
        trial.note(in: &taken[model, default: QuirkTrial.Taken()])
        guard trial.quirks != quirks(of: model) else { return }
        note(trial.quirks, of: model)
    }

    private func note(_ quirks: Quirks, of model: String) {
        let now = surroundings.clock.timestamp
        let known = book.quirks(of: provider, model, at: server, now: now)
        let learnt = known.adding(quirks.beyond(configured))
        book.learn(
            QuirkBook.Entry(
                provider: provider,
                model: model,
                server: server,
                since: now,
                quirks: learnt
            )
        )
        surroundings.log.warning(
            "a provider refuses a part of Berth's requests, which is changed from now on",
            [
                "provider": .text(provider), "model": .text(model), "quirks": .describing(learnt),
            ]
        )
    }
}

extension Quirks {
    /// The quirks without the parts that `configured` has.
    fileprivate func beyond(_ configured: Quirks) -> Quirks {
        var quirks = Quirks()
        (quirks.outputLimit, quirks.mostOutput) = (outputLimit, mostOutput)
        for part in without where !configured.lacks(part) { quirks.leaveOut(part) }
        return quirks
    }
}
