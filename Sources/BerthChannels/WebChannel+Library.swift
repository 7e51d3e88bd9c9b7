import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthText
import BerthWork

/// A tenant's conversations as a collection: search, export, deletions that can be undone, links.
extension WebChannel {
    /// The paths of the collection.
    var libraryRoutes: [Route] {
        [
            route("GET", "/sessions/:id") { _, tenant, values in
                try .encoding(try await self.bot.conversations.info(values[0], for: tenant))
            },
            route("POST", "/sessions/:id/removal") { _, tenant, values in
                let until = try await self.bot.remove(values[0], by: tenant)
                return try .encoding(Removal(until: until), status: 202)
            },
            route("DELETE", "/sessions/:id/removal") { _, tenant, values in
                try await self.bot.conversations.restore(values[0], by: tenant)
                return HTTPResponse(status: 204)
            },
            route("GET", "/search") { request, tenant, _ in
                let (query, before) = (request.query("q") ?? "", request.query("before"))
                return try await WebChannel.paid(WebChannel.listSize, tenant) {
                    let talks = self.bot.conversations
                    return try await talks.search(query, before: before, for: tenant, on: self.name)
                }
            },
            route("GET", "/sessions/:id/export") { request, tenant, values in
                let session = try await self.bot.conversations.find(values[0], of: tenant)
                return try self.export(request, tenant) { export, write in
                    try await export.write(session, to: write)
                }
            },
            route("GET", "/export") { [name] request, tenant, _ in
                try self.export(request, tenant) { export, write in
                    try await export.writeAll(on: name, to: write)
                }
            },
        ]
    }

    /// The paths of the links by which anybody may read a conversation.
    var shareRoutes: [Route] {
        [
            route("GET", "/shares") { _, tenant, _ in
                try await WebChannel.paid(WebChannel.listSize, tenant) {
                    ShareList(
                        shares: try await self.bot.conversations.shares(of: tenant).map {
                            ShareInfo($0, at: self.url)
                        }
                    )
                }
            },
            route("PUT", "/sessions/:id/share") { _, tenant, values in
                let share = try await self.bot.conversations.share(values[0], by: tenant)
                return try .encoding(ShareInfo(share, at: self.url))
            },
            route("DELETE", "/sessions/:id/share") { _, tenant, values in
                try await self.bot.conversations.endShare(of: values[0], by: tenant)
                return HTTPResponse(status: 204)
            },
        ]
    }

    private struct Removal: Encodable {
        /// When the conversation is deleted for good.
        let until: Timestamp

        private enum CodingKeys: String, CodingKey {
            case until = "until_ms"
        }
    }

    private struct ShareList: Encodable, Sendable {
        let shares: [ShareInfo]
    }

    /// A download of conversations in the form that the request names, Markdown by default.
    private func export(
        _ request: HTTPRequest,
        _ tenant: LiveTenant,
        _ body:
            @escaping @Loop @Sendable (ConversationExport, ConversationExport.Write) async throws
            -> Void
    ) throws(BotError) -> HTTPResponse {
        let name = request.query("format") ?? ExportFormat.markdown.rawValue
        guard let format = ExportFormat(rawValue: name) else {
            throw .body("the format is markdown or json")
        }
        let export = ConversationExport(bot.conversations, of: tenant, as: format)
        var response = HTTPResponse(
            headers: [
                "content-type": format.mediaType, "cache-control": "no-store",
                "content-disposition": "attachment; filename=\"berth.\(format.ending)\"",
                "x-content-type-options": "nosniff",
            ]
        )
        response.holding = LeaseHolder(try WebChannel.leased(Conversations.usualPage, tenant))
        response.body = .stream { writer in
            try await body(export) { bytes in try await writer.write(bytes) }
        }
        return response
    }
}
