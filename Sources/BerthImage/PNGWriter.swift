import BerthLoop
import CZlib
import Glibc

/// Writes a PNG of eight bits and three channels row by row, without libvips.
@safe final class PNGWriter {
    private let sink: any PictureSink
    private let stream: UnsafeMutablePointer<z_stream>

    /// The bytes of a chunk of pixels.
    private static let room = 32 << 10

    /// Begins a picture.
    ///
    /// - Throws: ``PictureError/notWritten(_:)``.
    init(width: Int, height: Int, to sink: any PictureSink) throws(PictureError) {
        guard let stream = unsafe berth_deflate_make(6) else {
            throw .notWritten(SystemError("deflateInit", code: ENOMEM))
        }
        unsafe (self.sink, self.stream) = (sink, stream)
        let size = PNGFilter.bytes(width) + PNGFilter.bytes(height)
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        try sink.write(signature + PNGFilter.chunk("IHDR", size + [8, 2, 0, 0, 0]))
    }

    deinit { unsafe berth_deflate_free(stream) }

    /// Adds a row, of three bytes for each pixel, as the difference to its left neighbours.
    ///
    /// - Throws: ``PictureError/notWritten(_:)``.
    func add(_ row: [UInt8]) throws(PictureError) {
        let differences = row.indices.map { $0 < 3 ? row[$0] : row[$0] &- row[$0 - 3] }
        try compress([1] + differences, isLast: false)
    }

    /// Ends the picture.
    ///
    /// - Throws: ``PictureError/notWritten(_:)``.
    func finish() throws(PictureError) {
        try compress([], isLast: true)
        try sink.write(PNGFilter.chunk("IEND", []))
    }

    private func compress(_ bytes: [UInt8], isLast: Bool) throws(PictureError) {
        var taken = 0
        while true {
            let rest = Array(bytes[taken...])
            let part = unsafe [UInt8](unsafeUninitializedCapacity: PNGWriter.room) { out, count in
                let written = unsafe berth_deflate(
                    stream,
                    rest,
                    rest.count,
                    &taken,
                    out.baseAddress,
                    out.count,
                    isLast ? 1 : 0
                )
                count = max(0, written)
            }
            if !part.isEmpty { try sink.write(PNGFilter.chunk("IDAT", part)) }
            if part.count < PNGWriter.room { return }
        }
    }
}
