import BerthLoop
import BerthMemory
import BerthProviders

/// The text of a streamed answer, for the cache: leased while it is collected, given up when the
/// answer is more than a text or longer than the cache takes.
@Loop final class AnswerCollector {
    private var text: [UInt8] = []
    private var lease: MemoryLease
    private var isText = true
    private var isWhole = false

    private static let step = ByteCount.kibibytes(16)

    init(account: MemoryAccount) { lease = account.nothing(for: .cacheEntry) }

    /// Its bytes so far.
    var count: Int { text.count }

    /// Takes the next piece.
    func take(_ chunk: ChatChunk) {
        let size = ByteCount(text.count + chunk.text.utf8.count)
        let isShort = size <= AnswerCache.answerLimit
        guard isText, isShort, !chunk.carriesToolCall, grow(to: size) else { return giveUp() }
        text += Array(chunk.text.utf8)
        if let finish = chunk.finish { isWhole = finish == "stop" }
    }

    /// The stream has come to its proper end.
    func end() { isText = isText && isWhole }

    /// The whole text; nil when it is not to be kept.
    var whole: String? {
        isText && isWhole && !text.isEmpty ? String(decoding: text, as: UTF8.self) : nil
    }

    private func grow(to size: ByteCount) -> Bool {
        // Refused, the answer is merely not kept.
        (try? lease.grow(to: size, step: AnswerCollector.step)) != nil
    }

    private func giveUp() {
        isText = false
        text = []
        lease.shrink(to: .zero)
    }
}
