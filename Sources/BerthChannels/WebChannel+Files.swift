import BerthBot
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthText
import BerthWork

/// The tenant's files on the web page: list, upload, delete. ``FileSite`` sends them.
extension WebChannel {
    /// The memory of an upload: the bytes that have arrived and those that are being written.
    static var uploadMemory: ByteCount { .kibibytes(64) }
    /// The most files of a list.
    private static var mostListed: Int { 200 }

    /// The paths of the files.
    var fileRoutes: [Route] {
        [
            route("GET", "/files") { _, tenant, _ in
                try await WebChannel.paid(WebChannel.listSize, tenant) {
                    FileInfoList(
                        try await self.files(of: tenant),
                        self.bot.files.accounts.use(of: tenant.row.id),
                        tenant.fileOwner
                    )
                }
            },
            route("POST", "/files") { request, tenant, _ in
                try .encoding(FileInfo(try await self.receive(request, tenant)), status: 201)
            },
            route("DELETE", "/files/:id") { _, tenant, values in
                do throws(FilesError) {
                    let file = try await self.bot.files.file(values[0], of: tenant.row.id)
                    try await self.bot.files.deleteWithThumbnails(file)
                } catch { throw BotError(error) }
                return HTTPResponse(status: 204)
            },
        ]
    }

    private func files(of tenant: LiveTenant) async throws(BotError) -> [StoredFile] {
        do {
            return try await bot.files.list(of: tenant.row.id, limit: WebChannel.mostListed)
        } catch { throw BotError(error) }
    }

    /// Writes a request's body to the disk as it arrives.
    ///
    /// Its `Content-Type` is the file's.
    private func receive(
        _ request: HTTPRequest,
        _ tenant: LiveTenant
    ) async throws(BotError) -> StoredFile {
        if let coding = request.headers["content-encoding"], coding.lowercased() != "identity" {
            throw .unsupportedCoding("files are sent without a content coding")
        }
        let kind = FileKind(request.headers["content-type"] ?? "")
        try bot.admit(kind)
        let lease: MemoryLease
        do {
            lease = try tenant.account.lease(WebChannel.uploadMemory, for: .requestBody)
        } catch { throw .memory(error) }
        let writer: FileWriter
        do {
            writer = try await bot.files.begin(
                kind,
                for: tenant.fileOwner,
                announced: request.body.length.map { ByteCount($0) }
            )
        } catch { throw BotError(error) }
        do {
            while let piece = try await request.body.next() { try await writer.write(piece) }
            let file = try await writer.finish()
            _ = consume lease
            return file
        } catch let error as FilesError {
            throw BotError(error)
        } catch {
            await writer.discard()
            throw .body("\(error)")
        }
    }
}
