import BerthCache
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthText

/// What those who ask the same at the same time have in common.
@Loop final class SharedCall {
    let bill = SharedBill()
    /// Who hears the place in the queue.
    var places: [PlaceListener] = []

    func tell(_ place: QueuePlace) { for listener in places { listener(place) } }
}

/// How a shared call ended.
struct SharedEnd: Sendable {
    let model: ModelChoice
    let usage: TokenUsage
    /// What each asker is charged.
    let share: TokenUsage?
    let finish: String
    /// The answer, where the first asker wanted it whole.
    let whole: CompleteAnswer?

    init(_ answer: CompleteAnswer) {
        model = answer.model
        usage = answer.usage
        share = answer.share
        finish = answer.completion.finish ?? "stop"
        whole = answer
    }

    @Loop init(_ stream: MeteredStream, finish: String) {
        model = stream.model
        usage = stream.usage
        share = stream.charged
        self.finish = finish
        whole = nil
    }
}

extension ChatCompletion {
    /// Why the first choice ended; nil where it does not say.
    fileprivate var finish: String? {
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        return choice?.string("finish_reason")
    }
}

/// A piece of a shared call as it is kept for all who listen: a byte for its kind, four for its
/// length (lowest first), then its bytes.
enum SharedFrame: Equatable {
    /// Who answers; always the first.
    case model(String)
    /// More of the text.
    case text(String)
    /// A chunk that says something else, as JSON.
    case chunk([UInt8])

    /// The shortest frame for `chunk`: what says nothing but text loses its envelope, which is ten
    /// times its size.
    init(_ chunk: ChatChunk) {
        self = chunk.isTextAlone ? .text(chunk.text) : .chunk(chunk.object.bytes)
    }

    var bytes: [UInt8] {
        switch self {
        case .model(let name): SharedFrame.frame(0, Array(name.utf8))
        case .text(let text): SharedFrame.frame(1, Array(text.utf8))
        case .chunk(let json): SharedFrame.frame(2, json)
        }
    }

    private static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let size = UInt32(truncatingIfNeeded: payload.count)
        return [kind] + (0..<4).map { UInt8(truncatingIfNeeded: size >> ($0 * 8)) } + payload
    }

    static let headerSize = 5

    /// Takes the first frame off `bytes`; nil where it is not whole yet.
    init?(takingFrom bytes: inout [UInt8]) {
        guard bytes.count >= SharedFrame.headerSize else { return nil }
        let size = (0..<4).reduce(0) { $0 | Int(bytes[1 + $1]) << ($1 * 8) }
        let end = SharedFrame.headerSize + size
        guard bytes.count >= end else { return nil }
        let payload = Array(bytes[SharedFrame.headerSize..<end])
        switch bytes[0] {
        case 0: self = .model(String(decoding: payload, as: UTF8.self))
        case 1: self = .text(String(decoding: payload, as: UTF8.self))
        default: self = .chunk(payload)
        }
        bytes.removeFirst(end)
    }
}

/// One asker's ear at a shared call, from its start.
@Loop final class SharedStream: AnswerStream {
    /// Told once how it ended.
    var onEnd: (@Loop (BotError?) -> Void)?
    private let listener: FlightListener<SharedEnd>
    private let input: Int
    private var unread: [UInt8] = []
    private let memory: PrepaidMemory
    /// Of what is unread, once as it came and once as the chunk that it becomes.
    private var lease: MemoryLease
    private var name: String?
    private var received = 0
    private var end: SharedEnd?
    private var rest: [[UInt8]] = []
    private var hasEnded = false

    init(_ listener: FlightListener<SharedEnd>, input: Int, _ memory: PrepaidMemory) {
        self.listener = listener
        self.input = input
        self.memory = memory
        lease = memory.account.nothing(for: .replyBuffer)
    }

    isolated deinit { finish() }

    /// Whether its asker was the first.
    var isLeader: Bool { listener.isLeader }

    var modelID: String { end?.model.id ?? name ?? ModelCatalog.anyModel }
    var charged: TokenUsage? { end?.share }
    var usage: TokenUsage {
        end?.usage
            ?? TokenUsage(
                input: input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
    }

    /// Returns when it is known who answers.
    ///
    /// - Throws: ``BotError`` where no answer begins.
    func begin() async throws(BotError) {
        while name == nil, end == nil {
            if case .model(let model) = try await frame() { name = model }
        }
    }

    func next() async throws(BotError) -> ChatChunk? {
        while true {
            if end != nil {
                guard !rest.isEmpty else { return nil }
                if let chunk = SharedStream.chunk(rest.removeFirst()) { return chunk }
                continue
            }
            switch try await frame() {
            case .model(let model): name = model
            case .text(let text):
                received += text.utf8.count
                if let chunk = SharedStream.chunk(CompletionJSON.chunk(delta: text)) {
                    return chunk
                }
            case .chunk(let json): if let chunk = SharedStream.chunk(json) { return chunk }
            case nil: break
            }
        }
    }

    /// All of it, whoever began it.
    ///
    /// - Throws: ``BotError``, also where there is no room for it.
    func collect() async throws(BotError) -> WholeAnswer {
        var lease = memory.account.nothing(for: .replyBuffer)
        var text = ""
        while let chunk = try await next() {
            let size = ByteCount(2 * (text.utf8.count + chunk.text.utf8.count))
            do { try lease.grow(to: size, step: .kibibytes(8)) } catch { throw .memory(error) }
            text += chunk.text
        }
        guard let end else { throw .provider(.cancelled) }
        if let whole = end.whole { return WholeAnswer(whole) }
        let json = CompletionJSON.completion(text: text, finish: end.finish, usage: end.usage)
        guard let object = try? JSONObject(json) else { throw .provider(.cancelled) }
        return WholeAnswer(
            object: object,
            model: end.model.id,
            usage: end.usage,
            isKept: false,
            holding: LeaseHolder(lease)
        )
    }

    func finish() {
        listener.leave()
        close(end == nil ? .provider(.cancelled) : nil)
    }

    /// The next frame; nil at the end, which is then known.
    private func frame() async throws(BotError) -> SharedFrame? {
        do {
            while true {
                if let frame = SharedFrame(takingFrom: &unread) { return frame }
                guard let more = try await listener.next() else { break }
                try pay(for: unread.count + more.count)
                unread += more
            }
            let end = try listener.outcome()
            if let whole = end.whole { rest = SharedStream.pieces(of: whole, end.finish) }
            self.end = end
            close(nil)
            return nil
        } catch {
            let error = (error as? BotError) ?? .provider(.cancelled)
            close(error)
            throw error
        }
    }

    private func pay(for count: Int) throws(BotError) {
        do { try lease.grow(to: ByteCount(2 * count), step: .zero) } catch {
            throw .provider(.memoryMidway(error))
        }
    }

    private func close(_ error: BotError?) {
        guard !hasEnded else { return }
        hasEnded = true
        onEnd?(error)
        onEnd = nil
    }

    /// A whole answer as a stream would bring it.
    private static func pieces(of whole: CompleteAnswer, _ finish: String) -> [[UInt8]] {
        [
            CompletionJSON.firstChunk(), CompletionJSON.chunk(delta: whole.completion.text),
            CompletionJSON.chunk(finish: finish), CompletionJSON.chunk(usage: whole.usage),
        ]
    }

    private static func chunk(_ json: [UInt8]) -> ChatChunk? {
        (try? JSONObject(json)).map(ChatChunk.init(reading:))
    }
}
