import BerthMemory
import CVips
import Synchronization

/// One conversion by libvips, on a thread that may block.
final class Conversion: Sendable {
    private let input: PictureInput
    private let target: PictureTarget
    private let sink: any PictureSink
    private let state = Mutex(State())

    private struct State {
        var written = 0
        var error: PictureError?
    }

    /// The size of a result.
    struct Made: Equatable, Sendable {
        var width = 0, height = 0
        var bytes = ByteCount.zero
    }

    init(_ input: PictureInput, into target: PictureTarget, _ sink: any PictureSink) {
        self.input = input
        self.target = target
        self.sink = sink
    }

    /// Converts the picture, and makes it smaller if it has too many bytes.
    ///
    /// - Returns: the result of the first attempt that fits.
    /// - Throws: ``PictureError``.
    static func fitting(
        _ header: PictureHeader,
        _ input: PictureInput,
        into target: PictureTarget,
        _ sink: any PictureSink
    ) throws(PictureError) -> Made {
        var target = target
        for _ in 1..<mostAttempts {
            do throws(PictureError) {
                return try Conversion(input, into: target, sink).run(header)
            } catch {
                guard case .resultTooLong = error, target.bytes != nil else { throw error }
                try input.drain()
                guard sink.restart(), input.rewind(header) else { throw error }
                target = target.smaller(than: header.width, header.height)
            }
        }
        return try Conversion(input, into: target, sink).run(header)
    }

    /// The most attempts, of which the last has a fifth of the first one's sides.
    private static let mostAttempts = 7

    /// Converts the picture.
    ///
    /// libvips must be open for its format.
    ///
    /// - Throws: ``PictureError``. After ``PictureInput/stop()`` it is ``PictureError/cancelled``.
    func run(_ header: PictureHeader) throws(PictureError) -> Made {
        // libheif 1.15 ends the process if a read fails, so its pictures are in memory first.
        let whole = header.layout == nil ? nil : try input.whole()
        var result = berth_vips_result()
        let code =
            if let whole {
                unsafe whole.withUnsafeBytes { unsafe convert(header, $0, &result) }
            } else {
                unsafe convert(header, nil, &result)
            }
        if mustStop { throw .cancelled }
        let (written, error) = state.withLock { ($0.written, $0.error) }
        if let error = error ?? input.error { throw error }
        guard code == 0 else { throw failure(header, result) }
        try input.drain()
        return Made(
            width: Int(result.width),
            height: Int(result.height),
            bytes: ByteCount(written)
        )
    }

    /// Has libvips convert the picture, which is in memory or read in pieces.
    private func convert(
        _ header: PictureHeader,
        _ whole: UnsafeRawBufferPointer?,
        _ result: inout berth_vips_result
    ) -> Int32 {
        unsafe "[fail_on=error]".withCString { load in
            unsafe target.saver.withCString { save in
                var work = unsafe berth_vips_work()
                unsafe work.context = Unmanaged.passUnretained(self).toOpaque()
                unsafe work.read = readPicture
                unsafe work.write = writePicture
                unsafe work.must_stop = mustStopPicture
                unsafe work.bytes = whole?.baseAddress
                unsafe work.size = Int64(whole?.count ?? 0)
                unsafe work.load = load
                unsafe work.save = save
                unsafe work.width = Int32(clamping: target.side)
                unsafe work.height = Int32(clamping: target.side)
                unsafe work.has_profile = header.hasProfile ? 1 : 0
                unsafe work.flatten = target.format == .jpeg ? 1 : 0
                // The saver of WebP (libvips 8.14) loses its memory when a picture is damaged.
                let isLossy = target.format == .webp || target.format == .avif
                unsafe work.in_memory = isLossy ? 1 : 0
                return unsafe berth_vips_convert(&work, &result)
            }
        }
    }

    /// The reason of a failure that is neither the source's nor the sink's.
    private func failure(_ header: PictureHeader, _ result: berth_vips_result) -> PictureError {
        let text = unsafe withUnsafeBytes(of: result.message) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return text.contains("save:") || text.contains("not a known file format")
            ? .notEncoded(text) : .broken(header.format)
    }

    fileprivate var mustStop: Bool { input.isStopped }

    fileprivate func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        mustStop ? -1 : unsafe input.read(into: buffer)
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // WebP and AVIF come as one block, which is not copied whole.
        for start in stride(from: 0, to: bytes.count, by: PictureInput.piece) {
            let end = min(start + PictureInput.piece, bytes.count)
            let part = unsafe Array(bytes[start..<end])
            if mustStop || !write(part) { return false }
        }
        return true
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        do throws(PictureError) {
            let written = state.withLock { state in
                state.written += bytes.count
                return state.written
            }
            if let most = target.bytes, written > most.bytes { throw .resultTooLong(most: most) }
            try sink.write(bytes)
            return true
        } catch {
            state.withLock { if $0.error == nil { $0.error = error } }
            return false
        }
    }
}

// The callbacks of libvips. Their context is a conversion that its caller holds meanwhile.

private nonisolated func conversion(_ context: UnsafeMutableRawPointer?) -> Conversion? {
    unsafe context.map { unsafe Unmanaged<Conversion>.fromOpaque($0).takeUnretainedValue() }
}

private nonisolated func readPicture(
    _ context: UnsafeMutableRawPointer?,
    _ bytes: UnsafeMutableRawPointer?,
    _ count: Int64
) -> Int64 {
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: max(0, Int(count)))
    return unsafe Int64(conversion(context)?.read(buffer) ?? -1)
}

private nonisolated func writePicture(
    _ context: UnsafeMutableRawPointer?,
    _ bytes: UnsafeRawPointer?,
    _ count: Int64
) -> Int64 {
    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: max(0, Int(count)))
    return unsafe conversion(context)?.write(buffer) == true ? count : -1
}

private nonisolated func mustStopPicture(_ context: UnsafeMutableRawPointer?) -> Int32 {
    unsafe conversion(context)?.mustStop == false ? 0 : 1
}
