package import BerthLoop
import BerthMemory
import BerthText

/// The built-in provider, offline and deterministic: what runs when no provider is configured.
///
/// It answers about what was asked and about setting up Berth, and says that it is a demo.
@Loop package final class DemoProvider: ChatProvider {
    package nonisolated let name = "demo"
    /// The only model it has.
    package static nonisolated let model = "demo"

    private let clock: any Clock
    private let pace: Duration

    /// Makes the provider, which waits `pace` between two words of a streamed answer, so that one
    /// sees it stream.
    package init(clock: any Clock, pace: Duration = .milliseconds(20)) {
        self.clock = clock
        self.pace = pace
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        let lease = try leased(call)
        let answer = DemoAnswer(to: call.request, atMost: call.maximumOutput)
        return DemoStream(answer, lease, clock: clock, pace: pace)
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
            return ChatCompletion(
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

/// The words of a demo answer, one a ``pace``.
@Loop private final class DemoStream: ChatStream {
    private var words: [String]
    private let answer: DemoAnswer
    private let lease: MemoryLease
    private let usage: TokenUsage
    private let clock: any Clock
    private let pace: Duration
    private var stage = Stage.words

    private enum Stage { case words, usage, ended }

    init(
        _ answer: DemoAnswer,
        _ lease: consuming MemoryLease,
        clock: any Clock,
        pace: Duration
    ) {
        usage = answer.usage
        self.answer = answer
        self.lease = lease
        self.clock = clock
        self.pace = pace
        words = answer.words.reversed()
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
        guard let piece = piece() else { return nil }
        do { try await clock.sleep(for: pace) } catch { throw .cancelled }
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
