import BerthBot
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// Sends tenants' files: by a signed link that expires, or to their owner by its credential.
///
/// The content is read in pieces on the files' thread, so neither the loop waits for the disk nor is
/// a file held whole in memory.
@Loop final class FileSite {
    /// Finds the credential of a request, or nil if it has none that is in force.
    typealias Authenticate = @Loop @Sendable (HTTPRequest) throws(BotError) -> Credential?

    private let bot: Bot
    private let surroundings: Surroundings
    private let authenticate: Authenticate

    /// The bytes that are read and sent at once.
    nonisolated static let piece = 32 << 10
    /// The memory of an answer: a piece, its unsent rest, and libmicrohttpd's own.
    nonisolated static let memory = ByteCount.kibibytes(64)
    /// The time for which a browser shows a file without asking again.
    private nonisolated static let age = 3600

    /// Makes the site.
    ///
    /// `authenticate` finds the credential of a request that has no signed link.
    init(bot: Bot, in surroundings: Surroundings, authenticate: @escaping Authenticate) {
        self.bot = bot
        self.surroundings = surroundings
        self.authenticate = authenticate
    }

    var routes: [Route] {
        [
            Route("GET", "/files/:id") { [self] request, values in
                do throws(BotError) {
                    guard let (file, owner) = try await find(values[0], for: request) else {
                        return .notLoggedIn(request)
                    }
                    return try await answer(file, of: owner, to: request)
                } catch { return HTTPResponse(error, in: request.language ?? .english) }
            }
        ]
    }

    // MARK: The right to see a file

    /// The file, if the request may see it, or nil if it has neither a link nor a credential.
    ///
    /// - Throws: ``BotError``. Another tenant's file is not found.
    private func find(
        _ id: String,
        for request: HTTPRequest
    ) async throws(BotError) -> (StoredFile, LiveTenant)? {
        if let code = request.query("code") {
            let file = try await linked(id, until: request.query("until") ?? "", code: code)
            guard let owner = bot.tenants.tenant(file.tenant) else { throw .files(.notFound) }
            try admit(request, by: Credential(forOneRequestOf: owner))
            return (file, owner)
        }
        guard let credential = try authenticate(request) else { return nil }
        let owner = credential.tenant
        try admit(request, by: credential)
        do { return (try await bot.files.file(id, of: owner.row.id), owner) } catch {
            throw BotError(error)
        }
    }

    /// The file of a signed link.
    private func linked(
        _ id: String,
        until: String,
        code: String
    ) async throws(BotError) -> StoredFile {
        do throws(FilesError) {
            let now = surroundings.clock.timestamp
            try bot.files.links.check(id, until: until, code: code, at: now)
            guard let file = try await bot.files.file(id) else { throw .notFound }
            return file
        } catch { throw BotError(error) }
    }

    private func admit(_ request: HTTPRequest, by credential: Credential) throws(BotError) {
        try credential.admit(request, atMost: bot.requestsPerTenant)
        let name = credential.tenant.name
        Loop.works(on: WorkLabel(request.path, tenant: name, request: request.id))
    }

    // MARK: Answers

    /// Sends a file that the request may see, on the memory of its owner.
    func answer(
        _ file: StoredFile,
        of owner: LiveTenant,
        to request: HTTPRequest
    ) async throws(BotError) -> HTTPResponse {
        let kind = FileKind(file.kind)
        let tag = "\"\(file.hash.hex.cut(toBytes: 32))\""
        var response = HTTPResponse(
            headers: [
                "etag": tag, "cache-control": "private, max-age=\(FileSite.age)",
                "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
                "content-security-policy": "default-src 'none'; sandbox",
            ]
        )
        if FileSite.names(tag, in: request.headers.all("if-none-match")) {
            response.status = 304
            return response
        }
        response.headers["accept-ranges"] = "bytes"
        var bytes = 0..<file.bytes
        switch HTTPRange(request.headers, size: file.bytes, tag: tag) {
        case .whole: break
        case .part(let part):
            bytes = part
            response.status = 206
            response.headers["content-range"] =
                "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.bytes)"
        case .unsatisfiable:
            var refusal = HTTPResponse.error(416, "the file has only \(file.bytes) bytes")
            refusal.headers["content-range"] = "bytes */\(file.bytes)"
            return refusal
        }
        // A long message is a file of this type, in UTF-8.
        let isText = kind.name == "text/plain"
        response.headers["content-type"] = isText ? "text/plain; charset=utf-8" : kind.name
        response.headers["content-disposition"] = kind.disposition(of: file.id)
        response.length = bytes.count
        let opened: OpenedFile
        do {
            response.holding = LeaseHolder(
                try owner.account.lease(FileSite.memory, for: .replyBuffer)
            )
        } catch { throw .memory(error) }
        do { opened = try await bot.files.open(file) } catch { throw BotError(error) }
        response.body = .stream(stream(opened, bytes))
        return response
    }

    private func stream(_ file: OpenedFile, _ bytes: Range<Int>) -> HTTPResponse.Stream {
        let files = bot.files
        return { writer in
            for start in stride(from: bytes.lowerBound, to: bytes.upperBound, by: FileSite.piece) {
                let count = min(FileSite.piece, bytes.upperBound - start)
                try await writer.write(try await files.read(file, at: start, count: count))
            }
        }
    }

    /// Whether a field of `If-None-Match` names the tag, also as a weak one.
    private static func names(_ tag: String, in fields: [String]) -> Bool {
        fields.flatMap { $0.split(separator: ",") }.contains { text in
            var text = text.drop { $0 == " " }
            while text.last == " " { text = text.dropLast() }
            if text.hasPrefix("W/") { text = text.dropFirst(2) }
            return text == "*" || text == tag
        }
    }
}
