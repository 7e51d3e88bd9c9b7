import BerthFiles
package import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore

/// Stores the pictures of one order as they come.
///
/// A picture is looked at before it is kept, and gets its thumbnail. Its bytes are never whole in
/// memory, and a picture that is refused leaves no file.
@Loop final class PictureIntake: PictureReceiver {
    /// The pictures that are stored.
    private(set) var made: [MadePicture] = []
    /// The reason for which a picture was refused, or nil.
    private(set) var failure: BotError?
    private let files: TenantFiles
    private let pictures: Pictures
    private let ask: PictureAsk
    private let provider: String
    private var owner: LiveTenant
    private var writer: FileWriter?

    init(_ files: TenantFiles, _ pictures: Pictures, of ask: PictureAsk, from provider: String) {
        self.files = files
        self.pictures = pictures
        self.ask = ask
        self.provider = provider
        owner = ask.payer
    }

    func begin(kind: String?, length: ByteCount?) async throws(ProviderError) {
        let kind = kind.map { FileKind($0) } ?? .unknown
        owner = ask.owner()
        let owner = owner.fileOwner
        writer = try await refusing { () async throws(FilesError) in
            try await files.begin(kind, for: owner, announced: length)
        }
    }

    func write(_ bytes: [UInt8]) async throws(ProviderError) {
        guard let writer else { throw .cancelled }  // a picture begins before it has bytes
        try await refusing { () async throws(FilesError) in try await writer.write(bytes) }
    }

    func finish() async throws(ProviderError) {
        guard let writer else { throw .cancelled }  // a picture begins before it ends
        self.writer = nil
        let content = try await refusing { () async throws(FilesError) in
            try await writer.opened()
        }
        let (header, thumbnail): (PictureHeader, [UInt8]?)
        do throws(PictureError) {
            header = try await pictures.probe(PictureFile(content.descriptor), for: owner.name)
            thumbnail = try await self.thumbnail(of: content)
        } catch {
            await writer.discard()
            if error == .cancelled { throw .cancelled }
            failure = .provider(.undelivered(provider: provider, reason: error.description))
            throw .cancelled
        }
        let owner = owner.fileOwner
        let kind = FileKind(header.format.mediaType)
        let original = try await refusing { () async throws(FilesError) in
            try await writer.finish(as: kind)
        }
        // A picture without a thumbnail is worth more than none.
        let small =
            thumbnail == nil ? nil : try? await files.add(thumbnail ?? [], .jpeg, for: owner)
        let (width, height) =
            header.isOnItsSide ? (header.height, header.width) : (header.width, header.height)
        made.append(
            MadePicture(original: original, thumbnail: small, width: width, height: height)
        )
    }

    /// The thumbnail of a picture, or nil if there is no memory or no time for it now.
    ///
    /// - Throws: ``PictureError`` if the picture is damaged or above a limit.
    private func thumbnail(of file: OpenedFile) async throws(PictureError) -> [UInt8]? {
        let sink = PictureBytes()
        do throws(PictureError) {
            _ = try await pictures.convert(
                PictureFile(file.descriptor),
                to: .thumbnail,
                into: sink,
                for: owner.name
            )
            return sink.all
        } catch {
            if error.isOfService { return nil }
            throw error
        }
    }

    /// Does work with files, and keeps the reason if it is refused.
    private func refusing<Value: Sendable>(
        _ work: @Loop () async throws(FilesError) -> Value
    ) async throws(ProviderError) -> Value {
        do throws(FilesError) { return try await work() } catch {
            failure = BotError(error)
            writer = nil
            throw .cancelled
        }
    }
}

extension PictureError {
    /// Whether the service lacks something for a conversion, so that the picture may be sound.
    package var isOfService: Bool {
        switch self {
        case .memory, .noRoom, .busy, .outOfTime, .noLibrary, .notEncoded, .resultTooLong: true
        default: false
        }
    }
}

extension FileKind {
    fileprivate static let jpeg = FileKind("image/jpeg")
}
