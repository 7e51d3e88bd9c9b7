import BerthChannels
import Testing

/// Streams of random Markdown that are cut at random places.
///
/// A release has a million cuts (`scripts/test`), a debug build 4,000.
@Suite struct TelegramCutTests {
    #if DEBUG
    private static let cuts = 4_000
    #else
    private static let cuts = 1_000_000
    #endif

    @Test(arguments: 0..<4)
    func `every cut of a stream has valid messages and loses nothing`(part: Int) throws {
        var run = CutRun(seed: UInt64(part) &+ 7)
        while run.cuts < Self.cuts / 4 {
            if let fault = try run.next() {
                Issue.record("\(fault)")
                return
            }
        }
        #expect(run.finished > run.cuts / 100)
    }
}

/// One random document after another, each as a stream.
struct CutRun {
    private(set) var cuts = 0
    /// The number of finished messages.
    private(set) var finished = 0
    private var writer: MarkdownWriter
    private var limits = TelegramLimits.messages
    private var document = ""
    private var isMutated = false

    init(seed: UInt64) { writer = MarkdownWriter(seed: seed) }

    /// Streams the next document.
    ///
    /// - Returns: the first fault, with the text up to it.
    mutating func next() throws -> String? {
        document = writer.document(blocks: writer.number(1...12))
        isMutated = writer.number(0...2) == 0
        if isMutated { document = writer.mutated(document) }
        limits = writer.pick([
            .messages, .captioned, .messages, TelegramLimits(first: 300, rest: 200),
            TelegramLimits(first: 64, rest: 48),
        ])
        let scalars = Array(document.unicodeScalars)
        let step = writer.pick([3, 20, 120])
        var (stream, parts, at) = (TelegramStream(limits: limits), [TelegramPart](), 0)
        while at < scalars.count {
            let end = min(scalars.count, at + writer.number(1...step))
            stream.push(String(String.UnicodeScalarView(scalars[at..<end])))
            at = end
            cuts += 1
            let new = stream.take()
            parts += new
            finished += new.count
            let open = stream.unfinished
            let read = scalars[..<at]
            if let fault = try fault(new, from: parts.count - new.count, isStored: true)
                ?? fault(open, from: parts.count, isStored: false)
                ?? loss(in: parts + open, of: read)
                ?? (writer.number(0...15) == 0 ? ending(stream, parts, read) : nil)
            {
                return "\(fault)\nlimits \(limits)\n\(String(String.UnicodeScalarView(read)))"
            }
        }
        return ending(stream, parts, scalars[...])
    }

    private func fault(_ parts: [TelegramPart], from first: Int, isStored: Bool) throws -> String? {
        for (index, part) in parts.enumerated() {
            let limit = first + index == 0 ? limits.first : limits.rest
            if let fault = try TelegramChecker.fault(of: part, limit: limit, isStored: isStored) {
                return "\(fault) in \(part)"
            }
        }
        return nil
    }

    /// Marks that were put in may have made an address or a language of words, so only texts
    /// without them are compared.
    private func loss(in parts: [TelegramPart], of read: ArraySlice<Unicode.Scalar>) -> String? {
        guard !isMutated else { return nil }
        let seen = MarkdownWriter.seen(parts.lazy.flatMap(\.text.unicodeScalars))
        return seen == MarkdownWriter.seen(read) ? nil : "lost characters: \(parts.map(\.text))"
    }

    /// Ends a copy of the stream here, and compares it with the same text in one piece.
    private func ending(
        _ stream: TelegramStream,
        _ parts: [TelegramPart],
        _ read: ArraySlice<Unicode.Scalar>
    ) -> String? {
        var stream = stream
        stream.finish()
        let all = parts + stream.take()
        let whole = TelegramText.parts(of: String(String.UnicodeScalarView(read)), limits: limits)
        if all != whole { return "finished messages changed:\n\(all)\n\(whole)" }
        return loss(in: all, of: read)
    }
}
