package import BerthConfig
package import BerthLoop
package import BerthMemory
package import BerthStore

/// All tenants and their API keys, in memory: a key is looked up without asking the disk.
///
/// Every change is in the database before it is here.
@Loop package final class TenantDirectory {
    private let store: any Store
    private let budget: MemoryBudget
    private let defaults: Quotas
    private let limit: Int
    private let clock: any Clock
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
        store: any Store,
        budget: MemoryBudget,
        defaults: Quotas,
        limit: Int,
        clock: any Clock
    ) {
        self.store = store
        self.budget = budget
        self.defaults = defaults
        self.limit = limit
        self.clock = clock
    }

    /// Reads tenants, their keys and what they have used; once, at start, when no call is open.
    package func load() async throws(BotError) {
        let now = clock.timestamp
        let (tenants, keys, days, spent) = try await withBotErrors { () async throws(StoreError) in
            (
                try await store.tenants(), try await store.keys(),
                try await store.usage(from: now, through: now),
                try await store.spend(since: now.startOfMonth)
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

    /// Makes a tenant with its first API key.
    ///
    /// - Returns: the tenant and the key, which is shown this once.
    package func add(_ name: String) async throws(BotError) -> (LiveTenant, Secret256) {
        guard TenantDirectory.isName(name) else { throw .badName(name) }
        guard byName.count + adding < limit else { throw .tooManyTenants(limit: limit) }
        adding += 1
        defer { adding -= 1 }
        let (now, secret) = (clock.timestamp, Secret256(prefix: TenantDirectory.keyPrefix))
        let (tenant, key) = try await withBotErrors { () async throws(StoreError) in
            try await store.addTenant(named: name, key: TenantDirectory.draft(secret), at: now)
        }
        remember(key)
        return (remember(tenant, TenantBook(nil, at: now)), secret)
    }

    /// Gives a tenant one more API key, shown this once.
    package func addKey(to tenant: LiveTenant) async throws(BotError) -> Secret256 {
        let (now, id) = (clock.timestamp, tenant.row.id)
        let secret = Secret256(prefix: TenantDirectory.keyPrefix)
        let key = try await withBotErrors { () async throws(StoreError) in
            try await store.addKey(TenantDirectory.draft(secret), for: id, at: now)
        }
        remember(key)
        return secret
    }

    /// Suspends or resumes.
    package func set(_ state: Tenant.State, of tenant: LiveTenant) async throws(BotError) {
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            switch state {
            case .active: try await store.resumeTenant(id)
            case .suspended: try await store.suspendTenant(id)
            case .removed: try await store.removeTenant(id)
            }
        }
        tenant.update(row)
        if state == .removed { forget(tenant) }
    }

    /// Changes a tenant's own quotas, from what the database has: changes at once all hold.
    package func changeQuotas(
        of tenant: LiveTenant,
        _ change: @escaping @Sendable (inout TenantQuotas) -> Void
    ) async throws(BotError) {
        let id = tenant.row.id
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.changeQuotas(of: id, change)
        }
        tenant.update(row)
    }

    private nonisolated static func draft(_ secret: Secret256) -> APIKeyDraft {
        let hint = String(secret.text.dropFirst(keyPrefix.count).prefix(6))
        return APIKeyDraft(hash: secret.hash, hint: hint)
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
