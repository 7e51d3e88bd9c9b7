import BerthImage
import BerthLoop
import BerthMemory
import CLinux
import Glibc
import Synchronization

/// A picture's bytes as they arrive on the loop, on their way to the converting thread.
///
/// It holds at most ``most`` bytes and one piece. A writer waits for room, so a download is paused.
final class PictureFeed: PictureSource {
    let size: ByteCount?
    private let state = Mutex(State())
    private let room = Wakeup()
    /// Counts the events that the reading thread waits for.
    private let arrived: Int32

    /// The bytes that may wait before a writer must.
    static let most = 64 << 10

    private struct State {
        var bytes: [UInt8] = []
        var taken = 0
        var end: End?
        var isStopped = false

        var waiting: Int { bytes.count - taken }
    }

    private enum End { case whole, failed }

    /// Makes an empty feed.
    ///
    /// - Parameter size: the number of bytes that will come, as a Content-Length states it.
    init(size: ByteCount? = nil) {
        self.size = size
        arrived = eventfd(0, Int32(EFD_CLOEXEC))
        precondition(arrived >= 0, "no descriptor for a picture's bytes: errno \(errno)")
    }

    deinit { close(arrived) }

    /// Adds bytes, and waits while too many wait to be read.
    ///
    /// - Throws: ``PictureError/cancelled`` if the task is cancelled, or if nobody reads the bytes
    ///   any more.
    @Loop func write(_ bytes: [UInt8]) async throws(PictureError) {
        while state.withLock({ $0.waiting >= PictureFeed.most && !$0.isStopped }) {
            do { try await room.wait() } catch { throw .cancelled }
        }
        let isStopped = state.withLock { state in
            state.bytes += bytes
            return state.isStopped
        }
        if isStopped { throw .cancelled }
        eventfd_write(arrived, 1)
    }

    /// Ends the picture after its last byte.
    func finish() { end(.whole) }

    /// Ends the picture before its last byte, which makes its conversion fail.
    func fail() { end(.failed) }

    private func end(_ end: End) {
        state.withLock { if $0.end == nil { $0.end = end } }
        eventfd_write(arrived, 1)
    }

    func read(atMost most: Int) throws(PictureError) -> [UInt8] {
        while true {
            if let bytes = try take(most) { return bytes }
            var count: eventfd_t = 0
            unsafe eventfd_read(arrived, &count)
        }
    }

    /// The next bytes, or nil if none has arrived.
    private func take(_ most: Int) throws(PictureError) -> [UInt8]? {
        let (bytes, hasRoom) = try state.withLock {
            state throws(PictureError) -> ([UInt8]?, Bool) in
            if state.isStopped { throw .cancelled }
            guard state.waiting > 0 else {
                if state.end == .failed { throw .sourceFailed }
                return (state.end == nil ? nil : [], false)
            }
            let part = Array(state.bytes.dropFirst(state.taken).prefix(most))
            state.taken += part.count
            let wasFull = state.waiting + part.count >= PictureFeed.most
            if state.taken > PictureFeed.most || state.waiting == 0 {
                state.bytes.removeFirst(state.taken)
                state.taken = 0
            }
            return (part, wasFull && state.waiting < PictureFeed.most)
        }
        if hasRoom { Loop.post { self.room.signal() } }
        return bytes
    }

    func rewind() -> Bool { false }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.bytes = []
            state.taken = 0
        }
        eventfd_write(arrived, 1)
        Loop.post { self.room.signal() }
    }
}
