import BerthMemory
import Synchronization

/// The reading side of a conversion: reads the header, filters the bytes, and keeps the original.
///
/// libvips reads on threads of its own, one at a time.
final class PictureInput: Sendable {
    private let source: any PictureSource
    private let original: (any PictureSink)?
    private let limits: PictureLimits
    /// The most bytes: as many as the source states, because the lease was computed from them.
    private let most: ByteCount
    private let state = Mutex(State())
    private let stopped = Atomic(false)

    /// The bytes that are read at once.
    static let piece = 64 << 10

    private struct State {
        /// The bytes read for the header, until the filter has them.
        var head: [UInt8] = []
        var filter: (any PictureFilter)?
        /// Bytes that the decoder has not taken.
        var ready: [UInt8] = []
        var taken = 0
        var count = 0
        var isEnded = false
        var isKept = true
        var error: PictureError?
    }

    init(_ source: any PictureSource, keeping original: (any PictureSink)?, _ limits: PictureLimits)
    {
        self.source = source
        self.original = original
        self.limits = limits
        most = min(source.size ?? limits.encoded, limits.encoded)
    }

    /// The number of bytes read so far.
    var count: ByteCount { ByteCount(state.withLock { $0.count }) }

    /// The first error of the source, the filter or the original's place.
    var error: PictureError? { state.withLock { $0.error } }

    /// Whether ``stop()`` was called.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// Ends the conversion at its next read, write or strip of pixels.
    ///
    /// It is called on any thread.
    func stop() {
        stopped.store(true, ordering: .relaxed)
        source.stop()
    }

    /// Reads the header, and checks it.
    ///
    /// - Throws: ``PictureError``.
    func readHeader() throws(PictureError) -> PictureHeader {
        if let size = source.size, size > limits.encoded { throw .tooLong(most: limits.encoded) }
        var head: [UInt8] = []
        while true {
            let bytes = try pull()
            head += bytes
            let isWhole = bytes.isEmpty
            guard let header = try PictureHeader.read(head, isWhole: isWhole) else { continue }
            try limits.check(header)
            let read = head
            state.withLock { state in
                state.head = read
                state.isEnded = isWhole
                state.filter = header.filter(limits)
            }
            return header
        }
    }

    /// Begins again at the first byte, without a second original.
    ///
    /// - Returns: false if the bytes are gone.
    func rewind(_ header: PictureHeader) -> Bool {
        guard source.rewind() else { return false }
        state.withLock { state in
            state = State()
            state.isKept = false
            state.filter = header.filter(limits)
        }
        return true
    }

    /// Reads filtered bytes for the decoder.
    ///
    /// - Returns: the number of bytes, 0 at the end, or -1 after an error. It says the same again
    ///   when it is asked again, as libvips does.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if error != nil { return -1 }
        do throws(PictureError) {
            let bytes = try filtered(atMost: buffer.count)
            unsafe buffer.copyBytes(from: bytes)
            return bytes.count
        } catch {
            state.withLock { if $0.error == nil { $0.error = error } }
            return -1
        }
    }

    /// Reads the whole picture into memory.
    ///
    /// - Throws: ``PictureError``.
    func whole() throws(PictureError) -> [UInt8] {
        var whole: [UInt8] = []
        while true {
            let part = try filtered(atMost: PictureInput.piece)
            if part.isEmpty { return whole }
            whole += part
        }
    }

    /// Reads the rest, which the decoder did not need, so that the original is whole and the limits
    /// hold for all of it.
    ///
    /// - Throws: ``PictureError``.
    func drain() throws(PictureError) {
        while try !filtered(atMost: PictureInput.piece).isEmpty {}
    }

    private func filtered(atMost most: Int) throws(PictureError) -> [UInt8] {
        while true {
            let (part, isEnded) = state.withLock { state -> ([UInt8], Bool) in
                let part = Array(state.ready.dropFirst(state.taken).prefix(most))
                state.taken += part.count
                return (part, state.isEnded && state.head.isEmpty)
            }
            if !part.isEmpty || isEnded { return part }
            let head = state.withLock { state in
                defer { state.head = [] }
                return state.head
            }
            let bytes = head.isEmpty ? try pull() : head
            try state.withLock { state throws(PictureError) in
                if head.isEmpty, bytes.isEmpty { state.isEnded = true }
                state.ready.removeAll(keepingCapacity: true)
                state.taken = 0
                try state.filter?.pass(bytes, into: &state.ready)
            }
        }
    }

    /// Reads the next bytes of the source, and gives them to the original's place.
    private func pull() throws(PictureError) -> [UInt8] {
        let bytes = try source.read(atMost: PictureInput.piece)
        let (count, isKept) = state.withLock { state in
            state.count += bytes.count
            return (state.count, state.isKept)
        }
        guard count <= most.bytes else { throw .tooLong(most: most) }
        if isKept, !bytes.isEmpty { try original?.write(bytes) }
        return bytes
    }
}
