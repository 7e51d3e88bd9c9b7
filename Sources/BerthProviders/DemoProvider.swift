import BerthHTTP
package import BerthLoop
import BerthMemory

/// The built-in provider: offline and deterministic, it answers about what was asked and about
/// setting up Berth, and says that it is a demo. It is what runs when no provider is configured.
@Loop package final class DemoProvider: ChatProvider {
    package nonisolated let name = "demo"
    /// The only model it has.
    package static nonisolated let model = "demo"

    private let clock: any Clock
    private let pace: Duration

    /// Makes the provider.
    ///
    /// - Parameter pace: between two words of a streamed answer, so that one sees it stream.
    package init(clock: any Clock, pace: Duration = .milliseconds(20)) {
        self.clock = clock
        self.pace = pace
    }

    package func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream {
        let answer = DemoAnswer(to: call.request)
        return DemoStream(
            words: answer.words(atMost: call.maximumOutput), usage: answer.usage, clock: clock,
            pace: pace, isShortened: answer.tokens > call.maximumOutput)
    }

    package func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion {
        let answer = DemoAnswer(to: call.request)
        let text = answer.words(atMost: call.maximumOutput).joined()
        do {
            let json = CompletionJSON.completion(
                text: text, finish: answer.tokens > call.maximumOutput ? "length" : "stop",
                usage: answer.usage)
            let lease = try call.account.lease(ByteCount(json.count), for: .upstreamTransfer)
            return ChatCompletion(
                object: try JSONObject(json), text: text, usage: answer.usage, lease: lease)
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

    init(words: [String], usage: TokenUsage, clock: any Clock, pace: Duration, isShortened: Bool) {
        self.usage = usage
        self.clock = clock
        self.pace = pace
        pieces = words.map { CompletionJSON.chunk(delta: $0) }
        pieces.append(CompletionJSON.chunk(finish: isShortened ? "length" : "stop"))
        pieces.append(CompletionJSON.chunk(usage: usage))
        pieces.reverse()
    }

    func next() async throws(ProviderError) -> ChatChunk? {
        guard let piece = pieces.popLast() else { return nil }
        if !isFirst {
            do { try await clock.sleep(for: pace) } catch { throw .cancelled }
        }
        isFirst = false
        do { return OpenAIWire.chunk(try JSONObject(piece)) } catch {
            throw .malformed(provider: "demo", reason: error.description)
        }
    }

    func cancel() { pieces = [] }
}
