package import BerthBot
import BerthChannels
import BerthConfig
package import BerthFiles
package import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthStore
package import BerthTelemetry
import BerthText
import BerthWork

/// The admin API: HTTP and JSON over the Unix-domain socket in the data folder.
///
/// The verbs `tenant`, `quota`, `usage`, `cache`, `queue`, `memory`, `files` and `cleanup` use it. Only the service's
/// own user and root are served. The kernel gives the uid of the peer.
@Loop package final class AdminAPI {
    let bot: Bot
    let memory: MemoryReports
    let governor: DiskGovernor
    private let store: any Store
    private let owner: UInt32
    let surroundings: Surroundings

    /// Makes the API of a service that runs as the uid `owner`.
    package init(
        bot: Bot,
        memory: MemoryReports,
        governor: DiskGovernor,
        owner: UInt32,
        in surroundings: Surroundings
    ) {
        self.bot = bot
        self.memory = memory
        self.governor = governor
        store = bot.resources.store
        self.owner = owner
        self.surroundings = surroundings
    }

    /// Whether `peer` may administer.
    package func allows(_ peer: HTTPPeer) -> Bool {
        guard case .local(let uid, _) = peer else { return false }
        return uid == owner || uid == 0
    }

    /// The routes of the API.
    package var routes: [Route] {
        credentialRoutes + [
            route("GET", "/admin/tenants") { _, _ in
                let invited = try await self.invited()
                return TenantList(
                    self.bot.tenants.all.map {
                        TenantInfo($0, isInvited: invited.contains($0.row.id))
                    }
                )
            },
            route("POST", "/admin/tenants") { request, _ in try await self.add(request) },
            route("GET", "/admin/tenants/:name") { _, values in
                try await self.details(self.bot.tenants.named(values[0]))
            },
            route("PATCH", "/admin/tenants/:name") { request, values in
                try await self.rename(self.bot.tenants.named(values[0]), request)
            },
            route("POST", "/admin/tenants/:name/:action") { _, values in
                try await self.act(values[1], on: self.bot.tenants.named(values[0]))
            },
            route("DELETE", "/admin/tenants/:name") { _, values in
                let tenant = try self.bot.tenants.named(values[0])
                let files = try await self.bot.set(.removed, of: tenant)
                return TenantSecrets(
                    tenant: tenant.name,
                    files: files.files,
                    bytes: files.bytes
                )
            },
            route("GET", "/admin/quotas/:name") { _, values in
                try self.quotas(self.bot.tenants.named(values[0]))
            },
            route("PATCH", "/admin/quotas/:name") { request, values in
                try await self.setQuotas(self.bot.tenants.named(values[0]), request)
            },
            route("POST", "/admin/models/try") { _, _ in
                ["trials": try await self.bot.tryModels()]
            },
            route("GET", "/admin/usage") { request, _ in
                try await self.usage(request)
            },
        ] + peopleRoutes + cacheRoutes + queueRoutes + memoryRoutes + fileRoutes
    }

    // MARK: Tenants

    private func invited() async throws(StoreError) -> Set<Tenant.ID> {
        try await store.invitedTenants(at: surroundings.clock.timestamp)
    }

    /// A tenant with its identities and what it has used, for `tenant show`.
    private func details(_ tenant: LiveTenant) async throws -> TenantInfo {
        let id = tenant.row.id
        var info = TenantInfo(tenant, isInvited: try await invited().contains(id))
        info.identities = try await store.identities(of: id).map { IdentityInfo($0) }
        info.passkeys = try await bot.passkeys.list(of: tenant)
        info.keys = bot.tenants.keys(of: tenant).map(KeyInfo.init)
        info.logins = bot.access.logins(of: tenant).map { LoginInfo($0) }
        info.used = quotas(tenant).used
        return info
    }

    private struct NewName: Decodable { let display: String? }

    /// Reads a body such as `{"display":"Anna Müller"}`; null forgets the name.
    private func rename(_ tenant: LiveTenant, _ request: HTTPRequest) async throws -> TenantInfo {
        let asked = try await body(NewName.self, request)
        try await bot.tenants.display(asked.display, for: tenant)
        return TenantInfo(tenant)
    }

    private struct NewTenant: Decodable {
        let name: String
        let display: String?
    }

    private func add(_ request: HTTPRequest) async throws -> TenantSecrets {
        let asked = try await body(NewTenant.self, request)
        let (tenant, key) = try await bot.tenants.add(asked.name, display: asked.display)
        return TenantSecrets(
            tenant: tenant.name,
            key: key.text,
            web: try await bot.access.link(for: tenant)
        )
    }

    private func act(_ action: String, on tenant: LiveTenant) async throws -> TenantSecrets {
        switch action {
        case "link":
            return TenantSecrets(tenant: tenant.name, web: try await bot.access.link(for: tenant))
        case "key":
            let key = try await bot.tenants.addKey(to: tenant)
            return TenantSecrets(tenant: tenant.name, key: key.text)
        case "suspend": try await bot.set(.suspended, of: tenant)
        case "resume": try await bot.set(.active, of: tenant)
        default: throw BotError.badValue("there is no action '\(action.shortened(toBytes: 32))'")
        }
        return TenantSecrets(tenant: tenant.name, state: tenant.row.state.rawValue)
    }

    // MARK: Quotas and usage

    private func quotas(_ tenant: LiveTenant) -> QuotaReport {
        let usage = bot.meter.usage(tenant)
        let files = bot.files.accounts.use(of: tenant.row.id)
        return QuotaReport(tenant, usage: usage, files: files)
    }

    /// Reads a body such as `{"requests_per_day":"500","memory":null}`.
    ///
    /// null restores the default.
    private func setQuotas(
        _ tenant: LiveTenant,
        _ request: HTTPRequest
    ) async throws -> QuotaReport {
        let changes = try await body([String: String?].self, request)
        let values = try changes.map { name, text in try AdminAPI.quota(name, text) }
        try await bot.tenants.changeQuotas(of: tenant) { quotas in
            for (key, value) in values { quotas[key] = value }
        }
        return self.quotas(tenant)
    }

    private static func quota(_ name: String, _ text: String?) throws -> (QuotaKey, Int64?) {
        guard let key = QuotaKey(rawValue: name) else {
            let known = QuotaKey.allCases.map(\.rawValue).joined(separator: ", ")
            throw BotError.badValue(
                "there is no quota '\(name.shortened(toBytes: 64))'; there is \(known)"
            )
        }
        guard let text else { return (key, nil) }
        guard let value = key.read(text) else {
            throw BotError.badValue(
                "'\(text.shortened(toBytes: 64))' is not \(key.expected) (\(key.rawValue))"
            )
        }
        return (key, value)
    }

    /// The usage of the last days, or of the calendar month if `month` is in the query.
    private func usage(_ request: HTTPRequest) async throws -> UsageReport {
        let now = surroundings.clock.timestamp
        guard let days = Int(request.query("days") ?? "1"), (1...366).contains(days) else {
            throw BotError.badValue("days must be 1 to 366")
        }
        let isMonth = request.query("month") != nil
        let start = isMonth ? surroundings.clock.month.start : now + .seconds(-86400 * (days - 1))
        let rows = try await store.usage(from: start, through: now)
        return UsageReport(rows: rows) { self.tenant($0) }
    }

    // MARK: Answers

    /// A route that only an administrator may use.
    ///
    /// All errors of the API become HTTP answers here.
    func route(
        _ method: String,
        _ pattern: String,
        _ handler: @escaping @Loop @Sendable (HTTPRequest, [String]) async throws -> any Encodable
    ) -> Route {
        Route(method, pattern) { [self] request, values in
            guard allows(request.peer) else {
                return .error(403, "only root and the service's own user may administer it")
            }
            do {
                return .json(try JSON.encode(try await handler(request, values)))
            } catch let error as BotError {
                return HTTPResponse(error, message: error.forOperator)
            } catch let error as StoreError {
                return HTTPResponse(.store(error), message: error.description)
            } catch let error as RetryRefusal {
                return HTTPResponse(error.error, message: error.description)
            } catch let error as ResumeRefusal {
                return .error(error.status, error.description)
            } catch let error as LimitTooLow {
                return .error(400, error.description)
            } catch HTTPServerError.bodyTooLarge(let limit) {
                return HTTPResponse(.bodyTooLarge(limit: limit))
            } catch {
                return .error(500, "\(error)")
            }
        }
    }

    /// Decodes a request's body of at most 64 KiB.
    func body<Value: Decodable>(
        _ type: Value.Type,
        _ request: HTTPRequest
    ) async throws -> Value {
        let bytes = try await request.body.collect(atMost: .kibibytes(64))
        do { return try JSON.decode(type, from: bytes) } catch {
            throw BotError.body("the body is not the JSON that this path takes")
        }
    }
}
