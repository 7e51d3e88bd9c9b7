import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthText

/// The body of a request that contains pictures or other files, which are read while it is sent.
@Loop package final class PictureUpload: HTTPUpload {
    /// A part of the body.
    package enum Part: Sendable {
        /// Bytes in memory.
        case bytes([UInt8])
        /// A picture's bytes.
        case picture(any SourcePicture)
        /// A picture's bytes in base64.
        case base64(any SourcePicture)

        /// The bytes that it takes in the body.
        var length: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .picture(let picture): picture.bytes
            case .base64(let picture): Base64Encoder.length(of: picture.bytes)
            }
        }
    }

    package nonisolated let length: Int
    private let parts: [Part]
    private var index = 0
    private var offset = 0
    private var encoder = Base64Encoder()

    /// The memory of an upload: a piece, its base64, and libcurl's buffer.
    package static nonisolated let memory = ByteCount.kibibytes(192)
    /// The bytes of a picture that are read at once.
    private static nonisolated let piece = 48 << 10

    /// Makes a body of the parts, in their order.
    package init(_ parts: [Part]) {
        self.parts = parts
        length = parts.reduce(0) { $0 + $1.length }
    }

    package func next() async throws -> [UInt8]? {
        while index < parts.count {
            let bytes: [UInt8]
            switch parts[index] {
            case .bytes(let all):
                let end = min(offset + PictureUpload.piece, all.count)
                bytes = Array(all[offset..<end])
                advance(by: bytes.count, of: all.count)
            case .picture(let picture): bytes = try await read(picture)
            case .base64(let picture):
                let raw = try await read(picture)
                bytes = encoder.feed(raw) + (offset == 0 ? encoder.finish() : [])
            }
            if !bytes.isEmpty { return bytes }
        }
        return nil
    }

    private func read(_ picture: any SourcePicture) async throws -> [UInt8] {
        let count = min(PictureUpload.piece, picture.bytes - offset)
        guard count > 0 else {
            advance(by: 0, of: offset)
            return []
        }
        let bytes = try await picture.read(at: offset, count: count)
        // A file that was cut short meanwhile would end the body early.
        guard (1...count).contains(bytes.count) else {
            throw ProviderError.untranslatable(provider: "", reason: "a picture has changed")
        }
        advance(by: bytes.count, of: picture.bytes)
        return bytes
    }

    private func advance(by count: Int, of total: Int) {
        offset += count
        guard offset >= total else { return }
        index += 1
        offset = 0
    }
}
