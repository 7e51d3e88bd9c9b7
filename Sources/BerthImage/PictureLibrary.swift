import CVips
import Synchronization

/// libvips, which is opened when the first picture comes.
///
/// It stays open, because closing it returns no memory.
package enum PictureLibrary {
    private static let lock = Mutex(())

    /// Opens libvips, and for AVIF and HEIC its module for them.
    ///
    /// It takes about 40 ms the first time, so it is called on a thread that may block. A failed
    /// attempt is made again the next time.
    ///
    /// - Throws: ``PictureError/noLibrary(_:)``.
    package static func open(for format: PictureFormat = .jpeg) throws(PictureError) {
        try lock.withLock { _ throws(PictureError) in
            var reason = [CChar](repeating: 0, count: 256)
            var code = unsafe berth_vips_open(&reason, Int32(reason.count))
            if code == 0, format == .avif || format == .heic {
                code = unsafe berth_vips_open_heif(&reason, Int32(reason.count))
            }
            guard code != 0 else { return }
            let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw .noLibrary(String(decoding: text, as: UTF8.self))
        }
    }
}
