import BerthHTTP
package import BerthLoop
import BerthMemory

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
        let answer = DemoAnswer(to: call.request, atMost: call.maximumOutput)
        return DemoStream(answer, clock: clock, pace: pace)
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        let answer = DemoAnswer(to: call.request, atMost: call.maximumOutput)
        do {
            let json = CompletionJSON.completion(
                text: answer.text,
                finish: answer.finish,
                usage: answer.usage
            )
            let lease = try call.account.lease(ByteCount(json.count), for: .upstreamTransfer)
            return ChatCompletion(
                object: try JSONObject(json),
                text: answer.text,
                usage: answer.usage,
                lease: lease
            )
        } catch let error as BudgetError {
            throw .memory(error)
        } catch {
            throw .malformed(provider: name, reason: "\(error)")
        }
    }
}

/// The words of a demo answer, one a ``pace``.
@Loop private final class DemoStream: ChatStream {
    private var pieces: [[UInt8]]
    private let usage: TokenUsage
    private let clock: any Clock
    private let pace: Duration
    private var isFirst = true

    init(_ answer: DemoAnswer, clock: any Clock, pace: Duration) {
        usage = answer.usage
        self.clock = clock
        self.pace = pace
        pieces = [CompletionJSON.firstChunk()]
        pieces += answer.words.map { CompletionJSON.chunk(delta: $0) }
        pieces.append(CompletionJSON.chunk(finish: answer.finish))
        pieces.append(CompletionJSON.chunk(usage: usage))
        pieces.reverse()
    }

    func next() async throws(ProviderError) -> ChatChunk? {
        guard let piece = pieces.popLast() else { return nil }
        if !isFirst {
            do { try await clock.sleep(for: pace) } catch { throw .cancelled }
        }
        isFirst = false
        do { return marked(OpenAIWire.chunk(try JSONObject(piece))) } catch {
            throw .malformed(provider: "demo", reason: error.description)
        }
    }

    func cancel() { pieces = [] }

    /// The chunk with its usage marked as what it is: estimated.
    private func marked(_ chunk: ChatChunk) -> ChatChunk {
        ChatChunk(
            object: chunk.object,
            text: chunk.text,
            finish: chunk.finish,
            usage: chunk.usage.map { _ in usage },
            isUsageAlone: chunk.isUsageAlone
        )
    }
}
