package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthProviders
package import BerthTelemetry

/// Transcribes recordings on a tenant's account.
@Loop package final class PaidSpeech {
    /// The models that transcribe, in order; none if recordings are not transcribed.
    package let models: [SpeechChoice]
    private let calls: PaidCalls
    private let metrics: WorkMetrics
    private let surroundings: Surroundings

    /// Makes it over the calls, which hold, queue and settle, for the models of a configuration.
    package init(
        _ configuration: Configuration,
        _ client: any HTTPSending,
        _ calls: PaidCalls,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        models = SpeechCatalog(configuration, client: client, in: surroundings).choices
        self.calls = calls
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Transcribes a recording.
    ///
    /// - Returns: the words; empty if nothing is said.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same.
    package func transcribe(_ ask: SpeechAsk) async throws(BotError) -> String {
        let report = CallReport(ask, metrics, in: surroundings)
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) {
            let text = try await transcribed(ask.opened(as: open))
            report?.close(nil)
            return text
        } catch {
            report?.close(error)
            throw open?.reason ?? error
        }
    }

    private func transcribed(_ ask: SpeechAsk) async throws(BotError) -> String {
        try await calls.firstOf(ask, nil, nil) {
            (model, running, _) throws(BotError) -> String in
            do throws(ProviderError) {
                let made = try await running.transcribe(ask, at: model)
                _ = running.settle(made, of: ask, at: model)
                return made.text
            } catch {
                if ask.isLeft(after: error) {
                    running.leave()
                    throw .provider(.cancelled)
                }
                let error = running.blamed(error)
                _ = running.failOrder(
                    error,
                    isBought: !error.meansNothingBought,
                    sharedWith: nil
                )
                throw .provider(error)
            }
        }
    }
}
