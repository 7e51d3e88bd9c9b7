package import BerthMemory
import BerthText
import CBrotli
import CZlib
import CZstd

/// A coding of a body, as its Content-Encoding names it (RFC 9110, section 8.4).
package enum ContentCoding: String, Sendable, CaseIterable {
    /// RFC 1952.
    case gzip
    /// zlib data (RFC 1950). Some clients send raw deflate (RFC 1951) under this name.
    case deflate
    /// RFC 8878.
    case zstd
    /// Brotli (RFC 7932).
    case br

    /// The most bytes of a field that are read, which are more than any known coding has.
    private static let longestName = 64

    /// Reads a Content-Encoding field.
    ///
    /// - Returns: nil if the body is not coded.
    /// - Throws: ``ContentCodingError/unknown`` for another coding, or more than one.
    package static func of(_ field: String?) throws(ContentCodingError) -> ContentCoding? {
        let name = (field ?? "").cut(toBytes: longestName).lowercased().filter {
            $0 != " " && $0 != "\t"
        }
        if name.isEmpty || name == "identity" { return nil }
        guard let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) else {
            throw .unknown
        }
        return coding
    }

    /// The codings that are decoded, as Accept-Encoding lists them.
    package static let accepted = allCases.map(\.rawValue).joined(separator: ", ")
}

/// Why a coded body cannot be decoded.
package enum ContentCodingError: Error, Equatable, CustomStringConvertible {
    /// The coding is unknown.
    case unknown
    /// The bytes are not in the coding, or they end early.
    case broken(ContentCoding)
    /// The process has no memory for the decoder.
    case outOfMemory

    package var description: String {
        switch self {
        case .unknown:
            "the body's Content-Encoding is not known: use \(ContentCoding.accepted), or none"
        case .broken(let coding):
            "the body cannot be decoded: its Content-Encoding is \(coding.rawValue), and it is not"
        case .outOfMemory: "there is no memory to decode the body"
        }
    }
}

/// A decoder of one coded body, which arrives in pieces.
package final class ContentDecoder {
    private let coding: ContentCoding
    private var engine: Engine?
    private var input: [UInt8] = []
    private var taken = 0
    private var isDone = false
    /// Whether any byte of the body has come.
    private(set) var hasBegun = false
    /// Whether the last part filled its room, so that more may be decoded without further input.
    private var mayHaveMore = false

    /// The most memory of a decoder: its window (2 MiB at zstd's usual levels) and tables.
    ///
    /// A Brotli window takes no more than the body, and twice that while it grows.
    package static func memory(of coding: ContentCoding) -> ByteCount {
        switch coding {
        case .gzip, .deflate: .kibibytes(128)
        case .zstd: .kibibytes(2560)
        case .br: .mebibytes(6)
        }
    }
    private static let windowLog: Int32 = 21
    /// The most bytes that are decoded at once, in about 0.2 ms.
    private static let part = 64 << 10

    /// Makes a decoder of a whole body.
    package init(_ coding: ContentCoding) { self.coding = coding }

    /// Adds the next piece of the coded body.
    package func feed(_ piece: [UInt8]) {
        hasBegun = true
        // Anything after the end of the coded data is ignored.
        guard !isDone else { return }
        input.removeFirst(taken)
        taken = 0
        input += piece
    }

    /// Returns the next decoded part, of 64 KiB at most, or nil if more input is needed.
    ///
    /// - Throws: ``ContentCodingError``.
    package func next() throws(ContentCodingError) -> [UInt8]? {
        guard !isDone, taken < input.count || mayHaveMore else { return nil }
        let engine = if let engine { engine } else { try make() }
        self.engine = engine
        var (written, end) = (0, Int32(0))
        var taken = taken
        let part = unsafe [UInt8](unsafeUninitializedCapacity: ContentDecoder.part) { out, count in
            unsafe input.withUnsafeBufferPointer { input in
                let rest = unsafe UnsafeBufferPointer(rebasing: input[taken...])
                written = unsafe engine.decode(rest, &taken, into: out, &end)
            }
            count = max(0, written)
        }
        guard written >= 0 else { throw .broken(coding) }
        (self.taken, isDone) = (taken, end != 0)
        mayHaveMore = part.count == ContentDecoder.part
        // A small part does not keep the room of a large one.
        return mayHaveMore ? part : Array(part[...])
    }

    /// Checks that the body has ended with its last piece.
    ///
    /// - Throws: ``ContentCodingError/broken(_:)``.
    package func finish() throws(ContentCodingError) {
        guard isDone else { throw .broken(coding) }
    }

    private func make() throws(ContentCodingError) -> Engine {
        let engine: Engine? =
            switch coding {
            case .gzip: Engine(windowBits: 47)
            case .deflate: Engine(windowBits: isZlib ? 47 : -15)
            case .zstd: Engine(windowLog: ContentDecoder.windowLog)
            case .br: Engine(brotliLimit: ContentDecoder.memory(of: .br).bytes)
            }
        guard let engine else { throw .outOfMemory }
        return engine
    }

    /// Whether the first two bytes are a zlib header, which is a multiple of 31.
    private var isZlib: Bool {
        guard input.count >= 2 else { return input.first.map { $0 & 0x0F == 8 } ?? true }
        return input[0] & 0x0F == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
    }
}

/// The owner of a library's state.
@safe private final class Engine {
    @unsafe private enum State {
        case inflate(UnsafeMutablePointer<z_stream>)
        case zstd(OpaquePointer)
        case brotli(UnsafeMutablePointer<berth_brotli>)
    }

    private let state: State

    init?(windowBits: Int32) {
        guard let stream = unsafe berth_inflate_make(windowBits) else { return nil }
        unsafe state = .inflate(stream)
    }

    init?(windowLog: Int32) {
        guard let context = unsafe berth_zstd_make(windowLog) else { return nil }
        unsafe state = .zstd(context)
    }

    init?(brotliLimit: Int) {
        guard let decoder = unsafe berth_brotli_make(brotliLimit) else { return nil }
        unsafe state = .brotli(decoder)
    }

    deinit {
        switch unsafe state {
        case .inflate(let stream): unsafe berth_inflate_free(stream)
        case .zstd(let context): unsafe ZSTD_freeDCtx(context)
        case .brotli(let decoder): unsafe berth_brotli_free(decoder)
        }
    }

    /// Decodes a part of `input` into `out`, and returns the bytes written, or -1 if it is broken.
    @unsafe func decode(
        _ input: UnsafeBufferPointer<UInt8>,
        _ taken: inout Int,
        into out: UnsafeMutableBufferPointer<UInt8>,
        _ isDone: inout Int32
    ) -> Int {
        let (bytes, count) = (input.baseAddress, input.count)
        let (room, size) = (out.baseAddress, out.count)
        return switch unsafe state {
        case .inflate(let stream):
            unsafe berth_inflate(stream, bytes, count, &taken, room, size, &isDone)
        case .zstd(let context):
            unsafe berth_zstd(context, bytes, count, &taken, room, size, &isDone)
        case .brotli(let decoder):
            unsafe berth_brotli_decode(decoder, bytes, count, &taken, room, size, &isDone)
        }
    }
}
