package import BerthLoop
import BerthProviders

/// Has models write titles and summaries of conversations on a tenant's account.
@Loop package final class PaidOutlines {
    private let calls: PaidCalls

    /// Makes it over the calls, which hold, queue and settle.
    package init(_ calls: PaidCalls) { self.calls = calls }

    /// Has a text written, which the settlement of its call stores.
    ///
    /// - Returns: the text, or nil if the model's answer has no words.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same.
    package func write(_ ask: OutlineAsk) async throws(BotError) -> String? {
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) { return try await written(ask, open) } catch {
            throw open?.reason ?? error
        }
    }

    private func written(_ ask: OutlineAsk, _ open: OpenCall?) async throws(BotError) -> String? {
        let (ask, chat) = ask.opened(as: open)
        return try await calls.firstOf(ask, nil, nil) {
            (model, running, _) throws(BotError) -> String? in
            do throws(ProviderError) {
                let answer = try await running.complete(chat, at: model)
                let usage = answer.usage.completed(
                    prompt: running.call.input,
                    rest: answer.usage.output > 0 ? 0 : answer.estimatedOutput
                )
                let words = answer.isRefusal || answer.isCall ? nil : ask.words(of: answer.text)
                _ = running.settle(usage, sharedWith: nil, buying: words)
                return words
            } catch {
                if ask.isLeft(after: error) {
                    running.leave()
                    throw .provider(.cancelled)
                }
                let error = running.blamed(error)
                _ = running.fail(error, sharedWith: nil)
                throw .provider(error)
            }
        }
    }
}
