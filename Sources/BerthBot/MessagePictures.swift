import BerthFiles
import BerthImage
import BerthLoop
import BerthMemory
import BerthStore
import BerthText
import BerthWork

/// The pictures that come with messages.
///
/// A file is checked by its content when a message names it. Its bytes are read when a model is
/// about to see it, as a JPEG of the size that models take.
@Loop final class MessagePictures {
    private let files: TenantFiles
    private let pictures: Pictures

    /// The largest file that is shown as its own thumbnail.
    private static nonisolated let plain = ByteCount.kibibytes(96)
    /// The longest side in pixels of such a file.
    private static nonisolated let plainSide = 1_024

    init(_ files: TenantFiles, _ pictures: Pictures) {
        self.files = files
        self.pictures = pictures
    }

    /// Whether new work with pictures is taken.
    var isOpen: Bool { (try? pictures.admit()) != nil }

    /// Checks the files that a message names, and makes their thumbnails.
    ///
    /// - Throws: ``BotError``: for more than ``PromptPictures/most`` files, for another tenant's
    ///   file, and for a file that is no picture or is above a limit.
    func take(_ ids: [String], of tenant: LiveTenant) async throws(BotError) -> [TurnPicture] {
        do throws(PictureError) { try pictures.admit() } catch {
            throw .inputPicture(error, number: 1, of: 1)
        }
        guard ids.count <= PromptPictures.most else {
            throw .tooManyPictures(ids.count, limit: PromptPictures.most)
        }
        var taken: [TurnPicture] = []
        for (index, id) in ids.enumerated() {
            let file = try await file(id, of: tenant)
            let opened = try await open(file)
            let source = PictureFile(opened.descriptor)
            let header: PictureHeader
            do { header = try await pictures.probe(source, for: tenant.name) } catch {
                throw .inputPicture(error, number: index + 1, of: ids.count)
            }
            let size =
                header.isOnItsSide
                ? (header.height, header.width) : (header.width, header.height)
            var picture = TurnPicture(
                file: file.id,
                thumbnail: await thumbnail(of: opened, header, tenant),
                width: size.0,
                height: size.1
            )
            (picture.kind, picture.bytes) = (file.kind, file.bytes)
            taken.append(picture)
        }
        return taken
    }

    /// Reads pictures as parts of a prompt, whose memory is leased before.
    ///
    /// - Parameters:
    ///   - inputs: the pictures of one message.
    ///   - turn: their turn, or nil for the new message.
    ///   - tenant: the tenant who pays.
    /// - Returns: the pictures, without models.
    /// - Throws: ``BotError``, also if a file is deleted.
    func show(
        _ inputs: [TurnPicture],
        of turn: Turn.ID?,
        to tenant: LiveTenant
    ) async throws(BotError) -> Sight {
        let sight = Sight([], of: tenant)
        do throws(BudgetError) {
            try sight.pay(PromptPictures.worstCase(inputs.count))
        } catch { throw .memory(error) }
        let limit = PromptPictures.limit(of: inputs.count)
        let target = PictureTarget(.jpeg, side: PromptPictures.side, bytes: limit)
        sight.pictures.turn = turn
        for (index, input) in inputs.enumerated() {
            let opened = try await open(try await file(input.file, of: tenant))
            let made = PictureBytes(atMost: limit)
            do {
                _ = try await pictures.convert(
                    PictureFile(opened.descriptor),
                    to: target,
                    into: made,
                    for: tenant.name
                )
            } catch { throw .inputPicture(error, number: index + 1, of: inputs.count) }
            let part = await LargeWork.run(on: limit.bytes) { PromptPictures.part(made.all) }
            sight.pictures.parts.append(part)
        }
        // As parts, and in the prompt.
        sight.shrink(to: ByteCount(2 * sight.pictures.count))
        return sight
    }

    /// Makes a small copy for the page, or returns nil if the picture is small itself or there is
    /// no room for a copy.
    private func thumbnail(
        of opened: OpenedFile,
        _ header: PictureHeader,
        _ tenant: LiveTenant
    ) async -> String? {
        let isPlain = [.jpeg, .png, .webp, .gif].contains(header.format)
        let isSmall = max(header.width, header.height) <= MessagePictures.plainSide
        if isPlain, isSmall, opened.bytes <= MessagePictures.plain.bytes { return nil }
        let made = PictureBytes()
        do {
            _ = try await pictures.convert(
                PictureFile(opened.descriptor),
                to: .thumbnail,
                into: made,
                for: tenant.name
            )
            let kind = FileKind(PictureFormat.jpeg.mediaType)
            return try await files.add(made.all, kind, for: tenant.fileOwner).id
        } catch {
            // The page shows the picture itself then.
            return nil
        }
    }

    private func file(_ id: String, of tenant: LiveTenant) async throws(BotError) -> StoredFile {
        do { return try await files.file(id, of: tenant.row.id) } catch { throw BotError(error) }
    }

    private func open(_ file: StoredFile) async throws(BotError) -> OpenedFile {
        do { return try await files.open(file) } catch { throw BotError(error) }
    }
}
