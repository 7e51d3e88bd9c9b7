import BerthLoop
import BerthMemory

/// The working memory of the formatting of answers, which is leased while the service runs.
///
/// One answer is formatted at a time, and the copies of an answer are leased with it. At the end of a
/// turn nothing could wait for the memory, or be refused it.
@Loop final class TelegramFormatting: Service {
    private let account: MemoryAccount

    /// The memory: the marks of the longest open block, and the open message.
    static nonisolated let memory = ByteCount.mebibytes(2)

    init(_ account: MemoryAccount) { self.account = account }

    /// Holds the memory until the stop.
    ///
    /// - Throws: ``BudgetError`` if the process has too little, which ends the start.
    func run(until stop: Stop) async throws {
        let lease = try account.lease(Self.memory, for: .replyBuffer)
        await stop.requested()
        _ = consume lease
    }
}
