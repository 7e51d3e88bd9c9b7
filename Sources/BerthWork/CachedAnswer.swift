import BerthCache
import BerthProviders
import BerthText

/// An answer as the response cache stores it, with everything that was said.
struct CachedAnswer: Sendable {
    /// The answer itself.
    enum Body: Sendable {
        /// An answer that was streamed and has nothing but text, and the `usage` object that its
        /// first reader was told, as JSON.
        case text(String, details: [UInt8])
        /// Any other answer.
        case completion(KeptCompletion)
    }

    let body: Body
    /// The name of the model that gave it.
    let model: String
    /// Its tokens.
    let usage: TokenUsage
}

extension CachedAnswer {
    /// The bytes of the answer.
    var size: Int {
        switch body {
        case .text(let text, let details): text.utf8.count + details.count
        case .completion(let kept): kept.json.count
        }
    }

    /// The pieces of which a stream with the answer consists.
    var pieces: [AnswerPiece] {
        switch body {
        case .text(let text, let details):
            [.text(text), .finish("stop"), .usage(usage, details: details)]
        case .completion(let kept): kept.object.map { AnswerPiece.pieces(of: $0) } ?? []
        }
    }
}

// MARK: The entry

/// An entry has a header of 25 bytes, the model's name, the details and then the answer.
///
/// | bytes | content |
/// |---|---|
/// | 0 | `T` for a text, `C` for a completion |
/// | 1..<9 | input tokens |
/// | 9..<17 | output tokens |
/// | 17..<21 | size of the model's name |
/// | 21..<25 | size of the details of a text's usage |
///
/// Numbers are little-endian. A hit reads the header and copies the answer, so an answer is not
/// parsed again. The cache's checksum tells damage.
extension CachedAnswer {
    private static let headerSize = 25

    /// The bytes of an entry.
    var bytes: [UInt8] {
        let name = Array(model.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(CachedAnswer.headerSize + name.count + size)
        func begin(_ form: Character, details: [UInt8]) {
            bytes.append(form.asciiValue ?? 0)
            bytes.append(littleEndian: Int64(usage.input))
            bytes.append(littleEndian: Int64(usage.output))
            bytes.append(littleEndian: UInt32(name.count))
            bytes.append(littleEndian: UInt32(details.count))
            bytes += name
            bytes += details
        }
        switch body {
        case .text(let text, let details):
            begin("T", details: details)
            bytes += text.utf8
        case .completion(let kept):
            begin("C", details: [])
            bytes += kept.json
        }
        return bytes
    }

    /// Reads an entry, or returns nil for other bytes.
    init?(_ bytes: [UInt8]) {
        guard let input = bytes.littleEndian(at: 1, as: Int64.self),
            let output = bytes.littleEndian(at: 9, as: Int64.self),
            let nameSize = bytes.littleEndian(at: 17, as: UInt32.self),
            let detailsSize = bytes.littleEndian(at: 21, as: UInt32.self)
        else { return nil }
        let details = CachedAnswer.headerSize + Int(nameSize)
        let answer = details + Int(detailsSize)
        guard answer < bytes.count else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "T"):
            let text = String(decoding: bytes[answer...], as: UTF8.self)
            body = .text(text, details: Array(bytes[details..<answer]))
        case UInt8(ascii: "C"):
            guard let kept = KeptCompletion(bytes[answer...]) else { return nil }
            body = .completion(kept)
        default: return nil
        }
        model = String(decoding: bytes[CachedAnswer.headerSize..<details], as: UTF8.self)
        usage = TokenUsage(input: Int(input), output: Int(output), isEstimated: false)
    }
}
