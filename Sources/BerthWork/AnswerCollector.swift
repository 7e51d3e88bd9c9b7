import BerthCache
import BerthLoop
import BerthMemory
import BerthProviders
import BerthText

/// Collects a streamed answer for the cache.
///
/// The answer is leased while it is collected. It is dropped if it calls a tool, is a refusal, does
/// not end with `stop`, has a large chunk, or is longer than the cache takes.
@Loop final class AnswerCollector {
    private let cache: AnswerCache
    private let ask: Ask
    private let key: CacheKey
    private var builder = CompletionBuilder()
    private var lease: MemoryLease
    private var isKept = true
    private var isWhole = false
    private var hasText = false

    private static let step = ByteCount.kibibytes(16)
    /// The largest chunk that is collected.
    ///
    /// Merging a larger one, or one with very many values, would hold up the loop.
    private static let mostChunk = ByteCount.kibibytes(64)

    /// Collects the answer to `ask`, to be cached under `key`.
    init(_ cache: AnswerCache, _ ask: Ask, _ key: CacheKey) {
        self.cache = cache
        self.ask = ask
        self.key = key
        lease = ask.payer.account.nothing(for: .cacheEntry)
    }

    /// Takes the next piece.
    func take(_ piece: AnswerPiece) {
        guard isKept else { return }
        let most = AnswerCollector.mostChunk.bytes
        if let finish = piece.finish { isWhole = finish == "stop" }
        switch piece {
        case .text(let text): add(piece, text.utf8.count)
        case .raw(let raw)
        where !raw.isRefusal && raw.chunk.bytes.count <= most && raw.chunk.isIndexed:
            add(piece, raw.chunk.bytes.count)
        case .finish, .usage: builder.add(piece)
        case .toolCall, .raw, .whole: giveUp()
        }
    }

    /// Caches the answer after its proper end.
    func keep(_ model: ModelChoice, _ usage: TokenUsage) {
        guard isKept, isWhole, hasText else { return }
        let body: CachedAnswer.Body
        // An estimate replaces the usage of a provider that has not counted all.
        let details =
            (usage.isEstimated ? nil : builder.details) ?? Array(CompletionJSON.json(usage).utf8)
        if let text = builder.text {
            body = .text(String(decoding: text, as: UTF8.self), details: details)
        } else {
            builder.add(.usage(usage, details: details))
            guard let json = builder.completion, let object = try? JSONObject(answer: json),
                let kept = KeptCompletion(object, usage)
            else { return giveUp() }
            body = .completion(kept)
        }
        let answer = CachedAnswer(body: body, model: model.id, usage: usage)
        cache.keep(answer, under: key, for: ask)
        giveUp()
    }

    private func add(_ piece: AnswerPiece, _ count: Int) {
        // Without memory the answer is not cached. A chunk may be much larger than what it adds.
        guard
            (try? lease.grow(to: ByteCount(builder.size + count), step: AnswerCollector.step))
                != nil
        else { return giveUp() }
        builder.add(piece)
        hasText = hasText || !piece.text.isEmpty
        if builder.size > AnswerCache.answerLimit.bytes { giveUp() }
    }

    private func giveUp() {
        isKept = false
        builder = CompletionBuilder()
        lease.shrink(to: .zero)
    }
}
