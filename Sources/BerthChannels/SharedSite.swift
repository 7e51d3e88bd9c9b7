import BerthBot
import BerthFiles
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthWork

/// Shows shared conversations to anybody who has their link: their texts and their pictures.
///
/// It needs no cookie and sets none. The memory and the connections are the owner's.
@Loop final class SharedSite {
    private let bot: Bot
    private let files: FileSite
    private let surroundings: Surroundings
    /// Requests of an address, which count whether they succeed or not.
    private let visits: AttemptLimit
    /// Names of an address that do not exist.
    private let guesses: AttemptLimit

    /// The most requests of one address in a minute.
    static nonisolated let mostVisits = 120
    /// The most unknown names of one address in a minute.
    static nonisolated let mostGuesses = 10

    private static nonisolated let robots = "noindex, nofollow"

    /// Makes the site, which sends pictures through `files`.
    init(bot: Bot, files: FileSite, in surroundings: Surroundings) {
        self.bot = bot
        self.files = files
        self.surroundings = surroundings
        visits = AttemptLimit(perMinute: SharedSite.mostVisits, in: surroundings)
        guesses = AttemptLimit(perMinute: SharedSite.mostGuesses, in: surroundings)
    }

    var routes: [Route] {
        [
            Route("GET", "/shared/:name") { [self] request, values in
                let found = await answer(request, values[0]) { _, _ in HTTPResponse() }
                guard found.status == 200 || found.status == 404 else { return found }
                // The page says in words that there is no such link.
                var page = WebSite.page(WebFiles.shared, in: request.language ?? .english)
                page.status = found.status
                page.headers["x-robots-tag"] = SharedSite.robots
                return page
            },
            Route("GET", "/shared/:name/turns") { [self] request, values in
                await answer(request, values[0]) { [bot] shared, owner in
                    try await WebChannel.paid(Conversations.usualPage, owner) {
                        try await bot.conversations.page(
                            of: shared,
                            called: values[0],
                            after: request.query("after")
                        )
                    }
                }
            },
            Route("GET", "/shared/:name/files/:id") { [self] request, values in
                await answer(request, values[0]) { [bot, files] shared, owner in
                    try await bot.conversations.requireShown(values[1], by: shared)
                    let file: StoredFile
                    do throws(FilesError) {
                        file = try await bot.files.file(values[1], of: owner.row.id)
                    } catch { throw BotError(error) }
                    return try await files.answer(file, of: owner, to: request)
                }
            },
        ]
    }

    /// Answers a request that has the name of a link, so that no search engine keeps the answer.
    private func answer(
        _ request: HTTPRequest,
        _ name: String,
        _ handler: @Loop (SharedSession, LiveTenant) async throws -> HTTPResponse
    ) async -> HTTPResponse {
        let language = request.language ?? .english
        var response: HTTPResponse
        do {
            guard visits.allows(request.peer), guesses.allows(request.peer) else {
                let words = Phrase(.loginTooOften).text(in: language)
                return .error(429, words, retryAfter: .seconds(60))
            }
            visits.failed(request.peer)
            let (shared, owner) = try await find(name)
            try Credential(forOneRequestOf: owner).admit(request, atMost: bot.requestsPerTenant)
            response = try await handler(shared, owner)
        } catch {
            if case BotError.noSession = error { guesses.failed(request.peer) }
            response = .failure(error, request, language, in: surroundings)
        }
        response.headers["x-robots-tag"] = SharedSite.robots
        return response
    }

    private func find(_ name: String) async throws(BotError) -> (SharedSession, LiveTenant) {
        let shared = try await bot.conversations.shared(name)
        guard let owner = bot.tenants.tenant(shared.owner), owner.row.state == .active else {
            throw .noSession
        }
        return (shared, owner)
    }
}
