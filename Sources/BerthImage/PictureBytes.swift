package import BerthMemory
import Synchronization

/// A small picture in memory, such as a thumbnail or a picture for a model.
///
/// The conversion's lease has the memory of one result of at most ``most`` bytes. A caller that
/// keeps the bytes longer leases them itself.
package final class PictureBytes: PictureSource, PictureSink {
    private let state: Mutex<State>
    private let limit: Int

    /// The most bytes of a result in memory.
    package static let most = ByteCount.mebibytes(1)

    private struct State {
        var bytes: [UInt8]
        var read = 0
    }

    /// Makes a source of `bytes`, or an empty place for a result.
    package init(_ bytes: [UInt8] = [], atMost most: ByteCount = PictureBytes.most) {
        state = Mutex(State(bytes: bytes))
        limit = most.bytes
    }

    /// All bytes.
    package var all: [UInt8] { state.withLock { $0.bytes } }

    package var size: ByteCount? { ByteCount(state.withLock { $0.bytes.count }) }

    package func read(atMost most: Int) throws(PictureError) -> [UInt8] {
        state.withLock { state in
            let part = state.bytes.dropFirst(state.read).prefix(most)
            state.read += part.count
            return Array(part)
        }
    }

    package func rewind() -> Bool {
        state.withLock { $0.read = 0 }
        return true
    }

    package func stop() {}

    package func write(_ bytes: [UInt8]) throws(PictureError) {
        let fits = state.withLock { state in
            guard state.bytes.count + bytes.count <= limit else { return false }
            state.bytes += bytes
            return true
        }
        guard fits else { throw .resultTooLong(most: ByteCount(limit)) }
    }

    package func restart() -> Bool {
        state.withLock { $0.bytes = [] }
        return true
    }
}
