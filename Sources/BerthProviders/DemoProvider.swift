package import BerthLoop
import BerthMemory
package import BerthTelemetry
import BerthText

/// The built-in provider, offline and deterministic, which is used if no provider is configured.
///
/// Its answers explain how to set up Berth and state that they come from a demo.
@Loop package final class DemoProvider: ChatProvider {
    package nonisolated let name = "demo"
    /// The name of its only model.
    package static nonisolated let model = "demo"

    private let surroundings: Surroundings
    private let pace: Duration

    /// Makes the provider.
    ///
    /// It waits `pace` between two words of a streamed answer, so that streaming is visible.
    package init(in surroundings: Surroundings, pace: Duration = .milliseconds(20)) {
        self.surroundings = surroundings
        self.pace = pace
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        let lease = try leased(call)
        let answer = DemoAnswer(to: call.request, atMost: call.maximumOutput)
        return DemoStream(answer, lease, in: surroundings, pace: pace)
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        let lease = try leased(call)
        let answer = DemoAnswer(to: call.request, atMost: call.maximumOutput)
        do {
            let json = CompletionJSON.completion(
                text: answer.text,
                finish: answer.finish,
                usage: answer.usage
            )
            return await ChatCompletion(
                try JSONObject(json),
                usage: answer.usage,
                lease: lease,
                to: call
            )
        } catch {
            throw .malformed(provider: name, reason: error.description)
        }
    }

    private func leased(_ call: ChatCall) throws(ProviderError) -> MemoryLease {
        do { return try call.memory.take(DemoAnswer.most, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
    }
}

/// A streamed demo answer, which sends one word each `pace`.
@Loop private final class DemoStream: ChatStream {
    private var words: [String]
    private let answer: DemoAnswer
    private let lease: MemoryLease
    private let usage: TokenUsage
    private let surroundings: Surroundings
    private let pace: Duration
    private var stage = Stage.words

    private enum Stage { case words, usage, ended }

    init(
        _ answer: DemoAnswer,
        _ lease: consuming MemoryLease,
        in surroundings: Surroundings,
        pace: Duration
    ) {
        usage = answer.usage
        self.answer = answer
        self.lease = lease
        self.surroundings = surroundings
        self.pace = pace
        words = answer.words.reversed()
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
        guard let piece = piece() else { return nil }
        do { try await surroundings.clock.sleep(for: pace) } catch { throw .cancelled }
        return piece
    }

    func cancel() { stage = .ended }

    private func piece() -> AnswerPiece? {
        switch stage {
        case .words:
            if let word = words.popLast() { return .text(word) }
            stage = .usage
            return .finish(answer.finish)
        case .usage:
            stage = .ended
            return .usage(usage, details: nil)
        case .ended: return nil
        }
    }
}
