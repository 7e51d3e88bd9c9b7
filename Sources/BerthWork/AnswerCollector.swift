import BerthCache
import BerthLoop
import BerthMemory
import BerthProviders

/// Collects the text of a streamed answer for the cache.
///
/// The text is leased while it is collected. It is dropped if the answer is more than a text, or
/// longer than the cache takes.
@Loop final class AnswerCollector {
    private let cache: AnswerCache
    private let ask: Ask
    private let key: CacheKey
    private var text: [UInt8] = []
    private var lease: MemoryLease
    private var isText = true
    private var isWhole = false

    private static let step = ByteCount.kibibytes(16)

    /// Collects the answer to `ask`, to be cached under `key`.
    init(_ cache: AnswerCache, _ ask: Ask, _ key: CacheKey) {
        self.cache = cache
        self.ask = ask
        self.key = key
        lease = ask.payer.account.nothing(for: .cacheEntry)
    }

    /// Takes the next piece.
    func take(_ piece: AnswerPiece) {
        if let finish = piece.finish { isWhole = finish == "stop" }
        switch piece {
        case .text(let more): add(more)
        case .raw(let raw) where !raw.isRefusal: add(raw.text)
        case .toolCall, .raw, .whole: giveUp()
        case .finish, .usage: break
        }
    }

    /// Caches the answer after its proper end.
    func keep(_ model: ModelChoice, _ usage: TokenUsage) {
        guard isText, isWhole, !text.isEmpty else { return }
        cache.keep(String(decoding: text, as: UTF8.self), model, usage, for: (key, ask))
        giveUp()
    }

    private func add(_ more: String) {
        guard isText else { return }
        let size = ByteCount(text.count + more.utf8.count)
        // Without memory the answer is not cached.
        guard size <= AnswerCache.answerLimit,
            (try? lease.grow(to: size, step: AnswerCollector.step)) != nil
        else { return giveUp() }
        text += Array(more.utf8)
    }

    private func giveUp() {
        isText = false
        text = []
        lease.shrink(to: .zero)
    }
}
