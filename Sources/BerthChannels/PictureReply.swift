import BerthBot
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The answer of the images API: links to pictures, or the pictures in base64.
///
/// Pictures are read from the disk in pieces while they are sent, so none is whole in memory.
@Loop final class PictureReply {
    private let pictures: [StoredFile]
    private let form: PictureQuery.Form
    private let bot: Bot
    private let clock: any Clock
    private let created: Timestamp

    /// The bytes that are read at once, whose base64 has a third more.
    nonisolated static let piece = 24 << 10
    /// The memory of an answer: a piece, its base64, the unsent rest, and libmicrohttpd's own.
    nonisolated static let memory = ByteCount.kibibytes(96)

    /// Makes the answer.
    init(
        _ pictures: [StoredFile],
        as form: PictureQuery.Form,
        of bot: Bot,
        in surroundings: Surroundings
    ) {
        self.pictures = pictures
        self.form = form
        self.bot = bot
        clock = surroundings.clock
        created = clock.timestamp
    }

    /// Reads an outcome that was kept for a repeated request.
    ///
    /// - Throws: ``BotError/files(_:)`` if a picture was deleted meanwhile.
    init(
        kept outcome: [UInt8],
        as form: PictureQuery.Form,
        for tenant: LiveTenant,
        of bot: Bot,
        in surroundings: Surroundings
    ) async throws(BotError) {
        guard let object = try? JSONObject(outcome), let created = object.integer("created"),
            let list = object.elements("files")
        else { throw .outcomeNotKept }
        var files: [StoredFile] = []
        for range in list {
            let id = JSONObject.text(object.bytes[range])
            do { files.append(try await bot.files.file(id, of: tenant.row.id)) } catch {
                throw BotError(error)
            }
        }
        pictures = files
        self.form = form
        self.bot = bot
        clock = surroundings.clock
        self.created = Timestamp(milliseconds: Int64(created))
    }

    /// The outcome as it is kept for repeated requests.
    var kept: KeptOutcome { KeptOutcome(pictures: pictures, at: created) }

    /// The response to the client.
    ///
    /// - Parameter tenant: pays for its memory.
    /// - Returns: the response, whose body is read from the files.
    /// - Throws: ``BotError/memory(_:)``.
    func response(for tenant: LiveTenant) throws(BotError) -> HTTPResponse {
        try PictureReply.streamed(for: tenant) { [self] writer in try await write(to: writer) }
    }

    /// The response to a client that has waited long, which begins before the answer is known.
    ///
    /// It gets white space meanwhile, which JSON allows, so that proxies keep the connection open. A
    /// later error is the whole body.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    static func late(
        for tenant: LiveTenant,
        in surroundings: Surroundings,
        _ answer: @escaping @Loop @Sendable () async throws(BotError) -> PictureReply
    ) throws(BotError) -> HTTPResponse {
        try streamed(for: tenant) { writer in
            let events = EventWriter(writer, in: surroundings, filler: [0x20])
            events.ping()
            let found: PictureReply
            do throws(BotError) { found = try await events.waiting(answer) } catch {
                return try await writer.write(error.json)
            }
            try await found.write(to: writer)
        }
    }

    private static func streamed(
        for tenant: LiveTenant,
        _ write: @escaping HTTPResponse.Stream
    ) throws(BotError) -> HTTPResponse {
        var response = HTTPResponse(
            headers: ["content-type": "application/json", "cache-control": "no-store"],
            body: .stream(write)
        )
        do {
            response.holding = LeaseHolder(
                try tenant.account.lease(PictureReply.memory, for: .replyBuffer)
            )
        } catch { throw .memory(error) }
        return response
    }

    /// Writes the answer's JSON.
    func write(to writer: HTTPResponseWriter) async throws {
        let seconds = created.milliseconds / 1000
        try await writer.write(Array(#"{"created":\#(seconds),"data":["#.utf8))
        for (index, picture) in pictures.enumerated() {
            if index > 0 { try await writer.write([UInt8(ascii: ",")]) }
            switch form {
            case .url:
                let link = bot.files.links.link(to: picture, at: clock.timestamp)
                try await writer.write(
                    Array(#"{"url":"#.utf8) + JSON.quote(link) + [UInt8(ascii: "}")]
                )
            case .base64:
                try await writer.write(Array(#"{"b64_json":""#.utf8))
                try await writeBase64(of: picture, to: writer)
                try await writer.write(Array(#""}"#.utf8))
            }
        }
        try await writer.write(Array("]}".utf8))
    }

    private func writeBase64(of picture: StoredFile, to writer: HTTPResponseWriter) async throws {
        let opened = try await bot.files.open(picture)
        var encoder = Base64Encoder()
        for start in stride(from: 0, to: picture.bytes, by: PictureReply.piece) {
            let count = min(PictureReply.piece, picture.bytes - start)
            let bytes = try await bot.files.read(opened, at: start, count: count)
            try await writer.write(encoder.feed(bytes))
        }
        try await writer.write(encoder.finish())
    }
}
