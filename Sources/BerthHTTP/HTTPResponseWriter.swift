package import BerthLoop
import BerthMemory

/// The writer of a streamed answer, for one task at a time.
///
/// At most 8 KiB and one write are held unsent.
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

    /// The reply to a connection that asks for bytes.
    enum Piece: Equatable {
        case bytes(Int)
        case none
        case finished
        case failed
    }

    init(exchange: any HTTPRequestLink) { self.exchange = exchange }

    /// Whether the client has left or the exchange has ended.
    package var isClientGone: Bool { exchange?.isGone ?? true }

    /// Sends `bytes`, and waits while more than 8 KiB are unsent.
    ///
    /// - Throws: ``HTTPServerError/clientGone`` if the client has left or has read nothing for 60
    ///   s, or the task is cancelled.
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
        // At most 8 KiB are moved, because the writer waits while more are unsent.
        unsent.removeFirst(taken)
        taken = 0
        if unsent.isEmpty { unsent = bytes } else { unsent.append(contentsOf: bytes) }
    }

    /// Sends `bytes` if nothing is unsent, and drops them otherwise.
    ///
    /// It serves comments that keep a silent stream open. Any code on the loop can call it.
    package func offer(_ bytes: [UInt8]) {
        guard end == nil, unsent.isEmpty, !isClientGone else { return }
        unsent = bytes
        exchange?.hasMoreToSend()
    }

    // MARK: For the exchange

    /// The number of unsent bytes.
    var unsentCount: Int { unsent.count - taken }

    /// Ends the wait of a writer whose client has left.
    func clientLeft() { room.signal() }

    func finish() { close(.finished) }

    /// Ends the body so that the client sees that it is incomplete.
    func fail() { close(.failed) }

    private func close(_ end: End) {
        guard self.end == nil else { return }
        self.end = end
        room.signal()
        exchange?.hasMoreToSend()
    }

    /// The reply when nothing is unsent.
    ///
    /// The bytes of a body that failed are sent before the failure is.
    private var pieceAtEnd: Piece {
        switch end {
        case .finished: .finished
        case .failed: .failed
        case nil: .none
        }
    }

    /// Moves as many bytes as fit into `buffer`.
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
