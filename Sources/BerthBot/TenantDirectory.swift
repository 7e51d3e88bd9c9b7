package import BerthConfig
package import BerthLoop
package import BerthMemory
package import BerthStore
package import BerthTelemetry
package import BerthText

/// All tenants and their API keys, in memory: a key is looked up without asking the disk.
///
/// Every change is in the database before it is here.
@Loop package final class TenantDirectory {
    private let database: Database
    private let budget: MemoryBudget
    private let defaults: Quotas
    private let limit: Int
    private let surroundings: Surroundings
    private var byName: [String: LiveTenant] = [:]
    /// By the hash's first eight bytes; the whole hash is then compared in constant time.
    private var keys: [UInt64: [APIKey]] = [:]
    private var byID: [Tenant.ID: LiveTenant] = [:]
    /// Tenants that are being written down.
    private var adding = 0

    /// Makes an empty directory of at most `limit` tenants; ``load()`` fills it.
    ///
    /// `defaults` are the quotas of a tenant without own ones.
    package init(
        database: Database,
        budget: MemoryBudget,
        defaults: Quotas,
        limit: Int,
        in surroundings: Surroundings
    ) {
        self.database = database
        self.budget = budget
        self.defaults = defaults
        self.limit = limit
        self.surroundings = surroundings
    }

    /// Reads tenants, their keys and what they have used; once, at start, when no call is open.
    package func load() async throws(BotError) {
        let now = surroundings.clock.timestamp
        let (tenants, keys, days, spent) = try await database.look {
            (connection) throws(StoreError) in
            (
                try connection.tenants(), try connection.keys(),
                try connection.usage(from: now, through: now),
                try connection.spend(since: now.startOfMonth)
            )
        }
        for tenant in tenants {
            let day = days.first { $0.tenant == tenant.id }
            remember(tenant, TenantBook(day, spent: spent[tenant.id] ?? 0, at: now))
        }
        for key in keys { remember(key) }
    }

    /// All tenants, by name.
    package var all: [LiveTenant] { byName.values.sorted { $0.name < $1.name } }

    /// The tenant called `name`.
    package func named(_ name: String) throws(BotError) -> LiveTenant {
        guard let tenant = byName[name] else { throw .noTenant(name) }
        return tenant
    }

    /// The tenant of a row's key; nil when it was removed.
    package func tenant(_ id: Tenant.ID) -> LiveTenant? { byID[id] }

    /// Whose API key it is; nil when nobody's.
    ///
    /// A suspended tenant's key is known.
    package func holder(ofKey key: String) -> LiveTenant? {
        let hash = Secret256.hash(key)
        let candidates = keys[TenantDirectory.index(hash), default: []]
        return candidates.first { Secret256.isSame($0.hash, hash) }.flatMap { byID[$0.tenant] }
    }

    // MARK: Changes

    /// The start of every API key, by which scanners recognise a leaked one.
    package static nonisolated let keyPrefix = "berth-"

    private func newKey() -> Secret256 {
        Secret256(prefix: TenantDirectory.keyPrefix, from: surroundings.entropy)
    }

    /// Makes a tenant with its first API key.
    ///
    /// - Returns: the tenant and the key, which is shown this once.
    package func add(_ name: String) async throws(BotError) -> (LiveTenant, Secret256) {
        guard TenantDirectory.isName(name) else { throw .badName(name) }
        guard byName.count + adding < limit else { throw .tooManyTenants(limit: limit) }
        adding += 1
        defer { adding -= 1 }
        let (now, secret) = (surroundings.clock.timestamp, newKey())
        let (tenant, key) = try await database.change { (connection) throws(StoreError) in
            let tenant = try connection.addTenant(named: name, at: now)
            return (tenant, try TenantDirectory.add(secret, to: tenant.id, connection, now))
        }
        remember(key)
        return (remember(tenant, TenantBook(nil, at: now)), secret)
    }

    /// Gives a tenant one more API key, shown this once.
    package func addKey(to tenant: LiveTenant) async throws(BotError) -> Secret256 {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        let secret = newKey()
        let key = try await database.change { (connection) throws(StoreError) in
            try TenantDirectory.add(secret, to: id, connection, now)
        }
        remember(key)
        return secret
    }

    /// Suspends or resumes.
    package func set(_ state: Tenant.State, of tenant: LiveTenant) async throws(BotError) {
        let id = tenant.row.id
        try await update(tenant) { (connection) throws(StoreError) in
            switch state {
            case .active: try connection.resumeTenant(id)
            case .suspended: try connection.suspendTenant(id)
            case .removed: try connection.removeTenant(id)
            }
        }
        if state == .removed { forget(tenant) }
    }

    /// Changes a tenant's own quotas, from what the database has: changes at once all hold.
    package func changeQuotas(
        of tenant: LiveTenant,
        _ change: @escaping @Sendable (inout TenantQuotas) -> Void
    ) async throws(BotError) {
        let id = tenant.row.id
        try await update(tenant) { (connection) throws(StoreError) in
            guard var quotas = try connection.tenant(id)?.quotas else {
                throw .notFound(what: "tenant")
            }
            change(&quotas)
            try connection.setQuotas(quotas, of: id)
        }
    }

    private func update(
        _ tenant: LiveTenant,
        _ change: @escaping @Sendable (Connection) throws(StoreError) -> Void
    ) async throws(BotError) {
        let id = tenant.row.id
        let row = try await database.change { (connection) throws(StoreError) in
            try change(connection)
            return try connection.tenant(id)
        }
        if let row { tenant.update(row) }
    }

    private nonisolated static func add(
        _ secret: Secret256,
        to tenant: Tenant.ID,
        _ connection: Connection,
        _ now: Timestamp
    ) throws(StoreError) -> APIKey {
        let hint = String(secret.text.dropFirst(keyPrefix.count).prefix(6))
        return try connection.addKey(for: tenant, hash: secret.hash, hint: hint, at: now)
    }

    @discardableResult
    private func remember(_ row: Tenant, _ book: TenantBook) -> LiveTenant {
        let tenant = LiveTenant(row, book, defaults: defaults, budget: budget)
        byName[row.name] = tenant
        byID[row.id] = tenant
        return tenant
    }

    private func remember(_ key: APIKey) {
        keys[TenantDirectory.index(key.hash), default: []].append(key)
    }

    private func forget(_ tenant: LiveTenant) {
        byName[tenant.name] = nil
        budget.forget(tenant.name)
        byID[tenant.row.id] = nil
        keys = keys.compactMapValues { keys in
            let kept = keys.filter { $0.tenant != tenant.row.id }
            return kept.isEmpty ? nil : kept
        }
    }

    private static func index(_ hash: [UInt8]) -> UInt64 {
        hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func isName(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8.contains($0) }
    }
}
