package import BerthLoop
import BerthMemory

/// Where a streamed answer is written, by one task at a time: at most 8 KiB and one write wait
/// unsent.
@Loop package final class HTTPResponseWriter {
    private var unsent: [UInt8] = []
    private var taken = 0
    private var end: End?
    private let room = Wakeup()
    private weak var exchange: (any HTTPRequestLink)?

    private enum End {
        case finished
        case failed
    }

    /// What the connection gets when it asks for bytes.
    enum Piece: Equatable {
        case bytes(Int)
        case none
        case finished
        case failed
    }

    init(exchange: any HTTPRequestLink) { self.exchange = exchange }

    /// Whether nobody reads any more.
    package var isClientGone: Bool { exchange?.isGone ?? true }

    /// Sends `bytes` and waits while more than 8 KiB are unsent.
    ///
    /// - Throws: ``HTTPServerError/clientGone`` when the client has left or has read nothing for
    ///   60 s, or the task is cancelled.
    package func write(_ bytes: [UInt8]) async throws(HTTPServerError) {
        if isClientGone { throw .clientGone }
        guard !bytes.isEmpty else { return }
        append(bytes)
        exchange?.hasMoreToSend()
        while unsent.count - taken > HTTPServerLimits.unsentAnswer.bytes {
            do { try await room.wait() } catch { throw .clientGone }
            if isClientGone { throw .clientGone }
        }
    }

    private func append(_ bytes: [UInt8]) {
        // At most 8 KiB are moved: more unsent would have kept the writer waiting.
        unsent.removeFirst(taken)
        taken = 0
        if unsent.isEmpty { unsent = bytes } else { unsent.append(contentsOf: bytes) }
    }

    /// Sends `bytes` where nothing waits unsent, and drops them otherwise: for comments that keep
    /// a silent stream open, from wherever.
    package func offer(_ bytes: [UInt8]) {
        guard end == nil, unsent.isEmpty, !isClientGone else { return }
        unsent = bytes
        exchange?.hasMoreToSend()
    }

    // MARK: For the exchange

    /// Bytes that wait.
    var unsentCount: Int { unsent.count - taken }

    /// Ends a wait: nobody reads any more.
    func clientLeft() { room.signal() }

    func finish() { close(.finished) }

    /// Ends it so that the client sees that something is missing.
    func fail() { close(.failed) }

    private func close(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        room.signal()
        exchange?.hasMoreToSend()
    }

    /// What is left to say when nothing is unsent; also a body that failed is sent as far as it came.
    private var pieceAtEnd: Piece {
        switch end {
        case .finished: .finished
        case .failed: .failed
        case nil: .none
        }
    }

    /// Moves what fits into `buffer`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Piece {
        let count = min(unsent.count - taken, buffer.count)
        guard count > 0 else { return pieceAtEnd }
        unsafe unsent.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: .init(rebasing: bytes[taken..<taken + count]))
        }
        taken += count
        if taken == unsent.count { (unsent, taken) = ([], 0) }
        if unsent.count - taken <= HTTPServerLimits.unsentAnswer.bytes { room.signal() }
        return .bytes(count)
    }
}
