import BerthBot
import BerthFiles
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The body of a request to `/v1/images/edits`, read while it arrives.
///
/// Its pictures go to the disk piece by piece, as files of the tenant. Its fields are bounded.
@Loop final class PictureForm {
    typealias Refusal = ChatRequest.Refusal

    /// The pictures to edit, in their order.
    private(set) var pictures: [StoredFile] = []
    /// The picture whose transparent parts are edited, or nil if there is none.
    private(set) var mask: StoredFile?

    private let bot: Bot
    private let tenant: LiveTenant
    private let surroundings: Surroundings
    private let lease: MemoryLease
    private var fields: [(name: String, value: [UInt8])] = []
    private var part = Part.none

    private enum Part {
        case none
        case field(String, [UInt8])
        case file(String, FileWriter)
    }

    /// The longest value of a field other than the prompt, in bytes.
    nonisolated static let longestField = 1024
    /// The most fields that are no files.
    nonisolated static let mostFields = 32
    /// The memory of a form: the pieces that have arrived and are being written, and the fields.
    nonisolated static let memory = ByteCount.kibibytes(192)

    /// Makes a form without parts.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    init(of tenant: LiveTenant, _ bot: Bot, in surroundings: Surroundings) throws(BotError) {
        self.bot = bot
        self.tenant = tenant
        self.surroundings = surroundings
        do {
            lease = try tenant.account.lease(PictureForm.memory, for: .requestBody)
        } catch { throw .memory(error) }
    }

    isolated deinit {}

    /// Reads the whole body.
    ///
    /// - Returns: the request that its fields make.
    /// - Throws: ``Refusal`` or ``BotError``. The pictures are deleted then.
    func read(_ request: HTTPRequest) async throws -> PictureQuery {
        do {
            let type = request.headers["content-type"] ?? ""
            guard !type.lowercased().hasPrefix("application/json") else {
                throw PictureForm.noJSON
            }
            if let coding = request.headers["content-encoding"], coding.lowercased() != "identity" {
                throw BotError.unsupportedCoding("forms are sent without a content coding")
            }
            var parser = try MultipartParser(contentType: type)
            while let piece = try await request.body.next() {
                for event in try parser.feed(piece) { try await take(event) }
            }
            try parser.finish()
            guard !pictures.isEmpty else {
                throw Refusal("'image' is missing: send a picture as a file", parameter: "image")
            }
            return try await PictureQuery.read(json)
        } catch {
            await discard()
            throw (error as? MultipartError).map { Refusal($0.description) }
                ?? (error as? FilesError).map { BotError($0) }
                ?? (error as? HTTPServerError).map { BotError.body($0.description) } ?? error
        }
    }

    private static nonisolated let noJSON = Refusal(
        "edits are sent as multipart/form-data with the pictures as files, and not as JSON with "
            + "addresses or data URLs",
        parameter: "image"
    )

    /// Deletes the pictures that this form has brought and that nothing else uses.
    ///
    /// Files that cannot be deleted are deleted by the governor.
    func discard() async {
        if case .file(_, let writer) = part { await writer.discard() }
        part = .none
        for file in pictures + (mask.map { [$0] } ?? []) where isOwn(file) {
            _ = try? await bot.files.delete(file, ifUnused: true)
        }
        (pictures, mask) = ([], nil)
    }

    /// Whether the form has brought the file, which the tenant did not have before.
    private func isOwn(_ file: StoredFile) -> Bool {
        file.uses == 0 && file.created == file.lastUsed
    }

    /// SHA-256 of the fields and of the pictures, whatever the boundary of the form.
    var digest: [UInt8] {
        let hash = RunningHash()
        for field in fields {
            for part in [Array(field.name.utf8), field.value] {
                hash.update(Array("\(part.count):".utf8)[...])
                hash.update(part[...])
            }
        }
        for file in pictures { hash.update(file.hash[...]) }
        if let mask { hash.update((Array("mask".utf8) + mask.hash)[...]) }
        return hash.finish()
    }

    // MARK: Parts

    private func take(_ event: MultipartParser.Event) async throws {
        switch event {
        case .part(let field): part = try await begin(field)
        case .bytes(let bytes): try await add(bytes)
        case .end:
            try await end()
            part = .none
        }
    }

    private func begin(_ field: MultipartField) async throws -> Part {
        // The openai package names several pictures `image[]`, others `image[0]`.
        let isPicture = field.name == "image" || field.name.hasPrefix("image[")
        guard isPicture || field.name == "mask" else {
            guard !field.isFile else {
                throw Refusal("'\(field.name)' must not be a file", parameter: field.name)
            }
            guard fields.count < PictureForm.mostFields else {
                throw Refusal("the form has more than \(PictureForm.mostFields) fields")
            }
            return .field(field.name, [])
        }
        guard field.isFile else {
            throw Refusal(
                "'\(field.name)' must be a file, and not an address or a data URL",
                parameter: field.name
            )
        }
        guard isPicture ? pictures.count < PictureRequest.mostInputs : mask == nil else {
            throw Refusal(
                isPicture
                    ? "the form has more than \(PictureRequest.mostInputs) pictures"
                    : "'mask' stands twice",
                parameter: field.name
            )
        }
        let writer = try await bot.files.begin(FileKind(field.type), for: tenant.fileOwner)
        return .file(isPicture ? "image" : "mask", writer)
    }

    private func add(_ bytes: [UInt8]) async throws {
        switch part {
        case .none: break
        case .field(let name, let value):
            let isPrompt = name == "prompt"
            let most = isPrompt ? PictureQuery.promptLimit.bytes : PictureForm.longestField
            guard value.count + bytes.count <= most else {
                throw Refusal("'\(name)' is longer than \(ByteCount(most))", parameter: name)
            }
            part = .field(name, value + bytes)
        case .file(_, let writer): try await writer.write(bytes)
        }
    }

    private func end() async throws {
        switch part {
        case .none: break
        case .field(let name, let value): fields.append((name, value))
        case .file(let name, let writer):
            let file = try await finish(writer, as: name)
            if name == "mask" { mask = file } else { pictures.append(file) }
        }
    }

    /// Decodes a picture, so that no provider is paid for a damaged one.
    ///
    /// A picture for which there is no memory or time now passes.
    private func decode(_ file: PictureFile) async throws(PictureError) {
        let pictures = bot.pictures
        do throws(PictureError) {
            _ = try await pictures.convert(
                file,
                to: .thumbnail,
                into: PictureBytes(),
                for: tenant.name
            )
        } catch { if !error.isOfService { throw error } }
    }

    /// Keeps a file whose content is a picture, with the type of its content.
    private func finish(_ writer: FileWriter, as name: String) async throws -> StoredFile {
        let content = try await writer.opened()
        let header: PictureHeader
        do throws(PictureError) {
            let source = PictureFile(content.descriptor)
            header = try await bot.pictures.probe(source, for: tenant.name)
            try await decode(source)
        } catch {
            await writer.discard()
            if case .notAPicture = error {
                throw Refusal("'\(name)' is no picture: \(error.description)", parameter: name)
            }
            throw BotError.picture(error)
        }
        return try await writer.finish(as: FileKind(header.format.mediaType))
    }

    // MARK: Fields

    /// The fields as the JSON that `/v1/images/generations` takes.
    private var json: [UInt8] {
        let members = fields.map { field in
            JSON.quote(field.name) + [UInt8(ascii: ":")] + PictureForm.value(of: field)
        }
        return [UInt8(ascii: "{")] + Array(members.joined(separator: [UInt8(ascii: ",")]))
            + [UInt8(ascii: "}")]
    }

    /// A field's value as JSON: a number or a boolean where the text is one, and else a string.
    private static func value(of field: (name: String, value: [UInt8])) -> [UInt8] {
        let text = String(decoding: field.value, as: UTF8.self)
        let isText = ["prompt", "model", "user"].contains(field.name)
        let isNumber =
            !text.isEmpty && text.utf8.count <= 15
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (text == "0" || !text.hasPrefix("0"))
        if !isText, isNumber || text == "true" || text == "false" { return field.value }
        return JSON.quote(text)
    }
}
