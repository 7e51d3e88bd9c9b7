import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore

/// An answer for a client, read ahead of it on the payer's lease.
///
/// The provider's call ends as fast as the provider answers, and its permit is returned then, even
/// if the client still reads from memory. A client that is further behind than the lease can grow
/// ends its own call: what came is charged, and an error follows the pieces that wait.
@Loop final class ReadAhead: EndableAnswer {
    let modelID: String
    let isCached: Bool
    /// Nil after the end, so that its memory is free while the client still reads.
    private var source: (any AnswerStream)?
    /// The tokens of a source that has ended.
    private var cost: (usage: TokenUsage, charged: TokenUsage?)?
    private var report: CallReport?
    private var open: OpenCall?
    private var task: Task<Void, Never>?
    private let bell = Wakeup()
    /// The pieces from ``first`` on wait for the client.
    private var pieces: [AnswerPiece?] = []
    private var first = 0
    /// The bytes of these.
    private var size = 0
    private var lease: MemoryLease
    private let work: MemoryWork
    private var end: End?

    /// The end of the source, which the client learns after the last piece.
    private enum End {
        case whole
        case failed(BotError)
    }

    /// The most bytes that wait for one client.
    static nonisolated let limit = ByteCount.mebibytes(4)
    /// The memory that a client's answer holds at least, and the step in which it grows.
    static nonisolated let step = Broadcast.step
    /// The memory of an entry beside the piece's own bytes.
    private static nonisolated let entry = 64
    /// The read entries above which the rest moves to the front.
    private static nonisolated let mostRead = 1_024

    /// Begins to read `source` in a task of `pool`, and reports its end to `report` and `open`.
    ///
    /// - Parameters:
    ///   - source: an answer that has begun.
    ///   - lease: the payer's, of ``step`` or more.
    ///   - work: keeps the payer's work open.
    ///   - report: the call's, or nil for none.
    ///   - open: the call in the operator's reach, or nil for none.
    ///   - pool: cancels the task at the service's end.
    init(
        _ source: any AnswerStream,
        on lease: consuming MemoryLease,
        _ work: MemoryWork,
        _ report: CallReport?,
        _ open: OpenCall?,
        in pool: TaskPool
    ) {
        self.source = source
        (modelID, isCached) = (source.modelID, source.isCached)
        (self.report, self.open) = (report, open)
        self.lease = lease
        self.work = work
        // The task does not keep an answer that nobody reads.
        task = pool.begin { [weak self, source, work] in
            defer { withExtendedLifetime(work) {} }
            do throws(BotError) {
                while let piece = try await source.next() {
                    guard let self else { return source.finish() }
                    guard self.take(piece) else { return }
                    // Pieces that came together go on together.
                    while let piece = try source.taken() {
                        guard self.take(piece) else { return }
                    }
                }
                self?.close(.whole)
            } catch { self?.close(.failed(error)) }
        }
    }

    isolated deinit { finish() }

    var usage: TokenUsage {
        source?.usage ?? cost?.usage ?? TokenUsage(input: 0, output: 0, isEstimated: true)
    }
    var charged: TokenUsage? { source?.charged ?? cost?.charged }
    var log: Broadcast? { nil }

    func taken() -> AnswerPiece? {
        guard first < pieces.count, let piece = pieces[first] else { return nil }
        return pass(piece)
    }

    func next() async throws(BotError) -> AnswerPiece? {
        while true {
            if let piece = taken() { return piece }
            switch end {
            case .whole:
                tell(nil)
                return nil
            case .failed(let error):
                tell(error)
                throw error
            case nil: break
            }
            do { try await bell.wait() } catch {
                finish()
                throw .provider(.cancelled)
            }
        }
    }

    /// Ends the call, if it goes on, because the client has left.
    ///
    /// A client that has not read the end has left before it, even if the call has ended.
    func finish() {
        close(.failed(.provider(.cancelled)))
        if case .failed(let error) = end { tell(error) } else { tell(.provider(.cancelled)) }
        (pieces, first, size) = ([], 0, 0)
        lease.shrink(to: .zero)
    }

    func interrupt(_ reason: BotError) {
        close(.failed(reason))
        end = .failed(reason)
        (pieces, first, size) = ([], 0, 0)
        tell(reason)
    }

    func takeSettlements() -> [Settlement] { [] }

    // MARK: The source's side

    /// - Returns: whether the source is to be read on.
    private func take(_ piece: AnswerPiece) -> Bool {
        guard end == nil else { return false }
        let more = size + ReadAhead.cost(of: piece)
        // A client that waits gets its piece, whose memory the source has leased.
        if size > 0 || first < pieces.count {
            guard more <= ReadAhead.limit.bytes,
                (try? lease.grow(to: ByteCount(more), step: ReadAhead.step)) != nil
            else {
                close(.failed(.readTooSlowly(behind: ByteCount(size))))
                return false
            }
        }
        size = more
        pieces.append(piece)
        bell.signal()
        return true
    }

    private func pass(_ piece: AnswerPiece) -> AnswerPiece {
        pieces[first] = nil
        first += 1
        size -= ReadAhead.cost(of: piece)
        if first == pieces.count {
            (pieces, first) = ([], 0)
            lease.shrink(to: ReadAhead.step)
        } else if first >= ReadAhead.mostRead {
            pieces.removeFirst(first)
            first = 0
            lease.shrink(to: max(ReadAhead.step, ByteCount(size)))
        }
        return piece
    }

    private static func cost(of piece: AnswerPiece) -> Int { piece.size + entry }

    /// Ends the call at the provider too, if it goes on.
    private func close(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        if let source {
            source.finish()
            cost = (source.usage, source.charged)
        }
        source = nil
        task?.cancel()
        task = nil
        bell.signal()
    }

    private func tell(_ error: BotError?) {
        report?.close(error)
        report = nil
        open?.close()
        open = nil
    }
}
