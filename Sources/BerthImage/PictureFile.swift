import BerthLoop
package import BerthMemory
import Glibc
import Synchronization

/// An open regular file as the source of a picture, or as the place where one is written.
///
/// The caller owns the descriptor, and closes it after the conversion.
package final class PictureFile: PictureSource, PictureSink {
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var read = 0
        var written = 0
        var isStopped = false
    }

    /// Makes a file of an open descriptor, which is read and written from its first byte.
    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    package var size: ByteCount? {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? ByteCount(Int(status.st_size)) : nil
    }

    package func read(atMost most: Int) throws(PictureError) -> [UInt8] {
        let (offset, isStopped) = state.withLock { ($0.read, $0.isStopped) }
        if isStopped { throw .cancelled }
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            var got = unsafe pread(descriptor, buffer.baseAddress, most, offset)
            while got < 0, errno == EINTR {
                got = unsafe pread(descriptor, buffer.baseAddress, most, offset)
            }
            code = got < 0 ? errno : 0
            count = max(0, got)
        }
        guard code == 0 else { throw .notRead(SystemError("pread", code: code)) }
        state.withLock { $0.read = offset + bytes.count }
        return bytes
    }

    package func rewind() -> Bool {
        state.withLock { ($0.read, $0.isStopped) = (0, false) }
        return true
    }

    package func stop() { state.withLock { $0.isStopped = true } }

    package func write(_ bytes: [UInt8]) throws(PictureError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let offset = state.withLock { $0.written }
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .notWritten(SystemError("pwrite")) }
            state.withLock { $0.written += count }
            rest = rest.dropFirst(count)
        }
    }

    package func restart() -> Bool {
        state.withLock { $0.written = 0 }
        return ftruncate(descriptor, 0) == 0
    }
}
