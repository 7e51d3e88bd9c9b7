package import BerthBot
package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
package import BerthStore
package import BerthTelemetry
import BerthText
import BerthWork

/// The conversations of one tenant over HTTP, for the web page with its cookie and for a terminal
/// with an API key or over the admin socket.
///
/// A client reads the answer from its turn's log, so there is nothing in the outbox for it.
/// A turn is written before its first event is sent, and goes on when the connection ends.
@Loop package final class WebChannel: Channel {
    /// Finds the credential of a request, or nil if it has none that is in force.
    package typealias Authenticate = @Loop @Sendable (HTTPRequest) throws -> Credential?

    /// The kind of session that it shows and makes.
    package nonisolated let name: ChannelName
    let bot: Bot
    let surroundings: Surroundings
    let authenticate: Authenticate
    private let prefix: String
    /// The public URL without a slash at its end, for links to shared conversations.
    let url: String

    /// More than the longest message that is taken, with room for its JSON.
    private static let bodyLimit = ByteCount.mebibytes(3)

    /// The memory of a list of conversations, as rows and as JSON.
    ///
    /// With the longest titles it takes six times as much.
    static let listSize = ByteCount.kibibytes(64)

    /// Makes the channel.
    ///
    /// - Parameters:
    ///   - bot: answers.
    ///   - surroundings: their clock times the pings of silent streams.
    ///   - name: the kind of session that it shows and makes.
    ///   - prefix: the start of its paths, as `/web`.
    ///   - url: the public URL without a slash at its end, for links to shared conversations.
    ///   - authenticate: finds the credential of a request.
    package init(
        bot: Bot,
        in surroundings: Surroundings,
        name: ChannelName,
        prefix: String,
        url: String = "",
        authenticate: @escaping Authenticate
    ) {
        self.bot = bot
        self.surroundings = surroundings
        self.name = name
        self.prefix = prefix
        self.url = url
        self.authenticate = authenticate
    }

    /// The paths of its conversations and turns.
    package var routes: [Route] {
        [
            route("GET", "/me") { request, tenant, _ in
                try await self.hear(request, from: tenant)
                return try self.me(tenant)
            },
            route("GET", "/sessions") { request, tenant, _ in
                try await WebChannel.paid(WebChannel.listSize, tenant) {
                    try await self.bot.conversations.list(
                        tenant,
                        self.name,
                        isArchived: request.query("archived") == "1",
                        before: request.query("before")
                    )
                }
            },
            route("POST", "/sessions") { _, tenant, _ in
                try await .encoding(self.bot.open(for: tenant, on: self.name), status: 201)
            },
            route("PATCH", "/sessions/:id") { request, tenant, values in
                let (change, _) = try await self.body(SessionChange.self, request, tenant)
                try await self.bot.conversations.change(values[0], change, by: tenant)
                return HTTPResponse(status: 204)
            },
            route("DELETE", "/sessions/:id") { _, tenant, values in
                try await self.bot.delete(values[0], by: tenant)
                return HTTPResponse(status: 204)
            },
            route("GET", "/sessions/:id/turns") { request, tenant, values in
                try await self.history(of: values[0], before: request.query("before"), for: tenant)
            },
            route("POST", "/sessions/:id/turns") { request, tenant, values in
                try await self.hear(request, from: tenant)
                let turn = try await self.begin(request, in: values[0], by: tenant)
                return self.eventsForAuthor(of: turn, tenant)
            },
            route("GET", "/turns/:id/events") { _, tenant, values in
                let turn = try await self.bot.turns.find(values[0], of: tenant)
                let lease = try WebChannel.leased(Ask.listenerSize, tenant, for: .queueEntry)
                return self.events(of: turn, paidBy: lease)
            },
            route("POST", "/turns/:id/stop") { _, tenant, values in
                try self.bot.turns.stop(values[0], by: tenant)
                return HTTPResponse(status: 202)
            },
        ] + branchRoutes + libraryRoutes + ownTextRoutes
            + (name == .web ? fileRoutes + shareRoutes + accessRoutes + passkeyRoutes : [])
    }

    /// Takes a message: there is one place in line for it and for its turn.
    private func begin(
        _ request: HTTPRequest,
        in session: String,
        by tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        let need = bot.turns.need
        let (message, memory) = try await body(Message.self, request, tenant, turn: need)
        return try await bot.turns.begin(
            message.text,
            with: message.files ?? [],
            in: session,
            by: tenant,
            request: request.id,
            memory: memory
        )
    }

    // MARK: Answers

    private func history(
        of session: String,
        before: String?,
        for tenant: LiveTenant
    ) async throws -> HTTPResponse {
        try await WebChannel.paid(Conversations.usualPage, tenant) {
            try await bot.conversations.turns(of: session, before: before, for: tenant)
        }
    }

    /// A page as JSON, whose usual size is paid for before it is read, and its own until it is sent.
    static func paid(
        _ usual: ByteCount,
        _ tenant: LiveTenant,
        _ page: @Loop () async throws -> some Encodable & Sendable
    ) async throws -> HTTPResponse {
        var lease = try leased(usual, tenant)
        let answer = try await page()
        let size = usual.bytes
        var response = try await LargeWork.run(on: size) { try HTTPResponse.encoding(answer) }
        if case .bytes(let bytes) = response.body {
            let size = ByteCount(bytes.count)
            do { try lease.grow(to: size, step: .zero) } catch { throw BotError.memory(error) }
            lease.shrink(to: size)
        }
        response.holding = LeaseHolder(lease)
        return response
    }

    static func leased(
        _ count: ByteCount,
        _ tenant: LiveTenant,
        for purpose: MemoryPurpose = .replyBuffer
    ) throws(BotError) -> MemoryLease {
        do { return try tenant.account.lease(count, for: purpose) } catch {
            throw .memory(error)
        }
    }

    /// A message, and the ids of the files that come with it.
    private struct Message: Decodable, Sendable {
        let text: String
        let files: [String]?
    }

    private struct Me: Encodable {
        let tenant: String
        let name: String
        let models: [String]
        let usage: UsageInfo
        /// The reason for which the tenant may not ask, or nil if it may.
        let notice: String?
        /// Whether a model writes titles of the tenant's conversations.
        let titles: Bool
    }

    private func me(_ tenant: LiveTenant) throws(BotError) -> HTTPResponse {
        var refusal: Phrase?
        do throws(BotError) { try tenant.mayAsk() } catch { refusal = .refusal(error) }
        return try .encoding(
            Me(
                tenant: tenant.name,
                name: tenant.displayName,
                models: bot.models.names,
                usage: bot.meter.usage(tenant),
                notice: refusal?.text(in: tenant.language),
                titles: tenant.row.hasOutlines && bot.outlineModels["titles"] != nil
            )
        )
    }

    /// The events of a turn for the request that began it.
    ///
    /// The turn is accepted, so a lack of memory must not tell its author the opposite. There is one
    /// such reader of a turn. Every other one is refused without a lease.
    func eventsForAuthor(of turn: LiveTurn, _ tenant: LiveTenant) -> HTTPResponse {
        var lease = tenant.account.nothing(for: .queueEntry)
        try? lease.extend(by: Ask.listenerSize)
        return events(of: turn, paidBy: lease)
    }

    // MARK: Requests

    /// Notes the language of the browser with which a tenant reads and writes.
    func hear(_ request: HTTPRequest, from tenant: LiveTenant) async throws(BotError) {
        guard let language = request.language else { return }
        try await bot.tenants.hear(language, from: tenant)
    }

    typealias Handler =
        @Loop @Sendable (HTTPRequest, LiveTenant, [String]) async throws -> HTTPResponse

    /// A route for whoever is known; errors become answers here alone.
    func route(_ method: String, _ path: String, _ handler: @escaping Handler) -> Route {
        Route(method, prefix + path) { [self] request, values in
            var language = request.language ?? .english
            do {
                guard let credential = try authenticate(request) else {
                    return .notLoggedIn(request)
                }
                try credential.admit(request, atMost: bot.requestsPerTenant)
                let tenant = credential.tenant
                language = tenant.language
                Loop.works(on: WorkLabel(request.path, tenant: tenant.name, request: request.id))
                if method != "GET" { try tenant.mayAsk() }
                return try await handler(request, tenant, values)
            } catch {
                return .failure(error, request, language, in: surroundings)
            }
        }
    }

    /// Reads a body, and leases the memory that `turn` names for its size.
    func body<Value: Decodable & Sendable>(
        _ type: Value.Type,
        _ request: HTTPRequest,
        _ tenant: LiveTenant,
        turn: (ByteCount) -> ByteCount = { _ in .zero }
    ) async throws(BotError) -> (Value, PrepaidMemory?) {
        let body = try await LeasedBody(
            request,
            account: tenant.account,
            limit: WebChannel.bodyLimit,
            in: surroundings
        ) {
            // As it came, as the decoder's table of it, as a text; then the turn.
            max(ByteCount(3 * $0.bytes), $0 + turn(min($0, Turns.attachedLimit)))
        }
        do {
            // A chunked one has paid for nothing: its turn stands in line.
            let memory = request.body.length.map { _ in body.memory }
            let bytes = body.bytes
            let value = try await LargeWork.run(on: bytes.count) {
                try JSON.decode(type, from: bytes)
            }
            Loop.works(on: WorkLabel(request.path, tenant: tenant.name, request: request.id))
            return (value, memory)
        } catch {
            throw .body("the body is not the JSON that this path takes")
        }
    }
}

extension HTTPResponse {
    /// `value` as JSON; not to be stored by anybody.
    static func encoding(_ value: some Encodable, status: Int = 200) throws(BotError)
        -> HTTPResponse
    {
        do {
            var response = HTTPResponse.json(try JSON.encode(value), status: status)
            response.headers["cache-control"] = "no-store"
            response.headers["x-content-type-options"] = "nosniff"
            return response
        } catch { throw .body("the answer cannot be written as JSON") }
    }
}
