package import BerthConfig
package import BerthLoop
package import BerthMemory
package import BerthStore
import BerthText

/// A tenant in this process: the row, the quotas in force, the memory account.
@Loop package final class LiveTenant {
    /// The row as the database has it.
    package private(set) var row: Tenant
    /// The quotas in force: the tenant's own, else the configuration's.
    package private(set) var quotas: Quotas
    /// What the tenant's work holds.
    package let account: MemoryAccount
    /// The amounts that the tenant has used and holds. Only the meter changes it.
    var book: TenantBook
    private let defaults: Quotas
    private let budget: MemoryBudget

    /// Makes a tenant from its row, with an account of its own.
    package init(_ row: Tenant, _ book: TenantBook, defaults: Quotas, budget: MemoryBudget) {
        self.row = row
        providerUser = "berth-" + String(Secret256.hash("tenant \(row.id)").hex.prefix(16))
        self.book = book
        self.defaults = defaults
        self.budget = budget
        quotas = defaults.overridden(by: row.quotas)
        account = budget.account(for: row.name, quota: quotas.memory)
    }

    /// Unique among the tenants.
    package var name: String { row.name }

    /// Stands for the tenant at providers: no name leaves this machine.
    package let providerUser: String

    /// Whether the tenant may do anything but look.
    ///
    /// - Throws: ``BotError/suspended``; also for a removed one, of whom somebody still knows.
    package func mayAsk() throws(BotError) { if row.state != .active { throw .suspended } }

    /// Takes over a changed row.
    package func update(_ row: Tenant) {
        self.row = row
        quotas = defaults.overridden(by: row.quotas)
        _ = budget.account(for: row.name, quota: quotas.memory)
    }
}

extension Quotas {
    /// These, with what a tenant has of its own in their place.
    package func overridden(by own: TenantQuotas) -> Quotas {
        var quotas = self
        for key in QuotaKey.allCases { if let value = own[key] { quotas[key] = value } }
        return quotas
    }
}

extension TenantQuotas {
    /// A tenant's own figure; nil: the configuration's default.
    package subscript(key: QuotaKey) -> Int64? {
        get {
            switch key {
            case .requestsPerDay: requestsPerDay.map { Int64($0) }
            case .tokensPerDay: tokensPerDay.map { Int64($0) }
            case .imagesPerDay: imagesPerDay.map { Int64($0) }
            case .spendPerMonth: spendPerMonthMicros
            case .memory: memoryBytes.map { Int64($0) }
            case .disk: diskBytes.map { Int64($0) }
            case .files: files.map { Int64($0) }
            }
        }
        set {
            switch key {
            case .requestsPerDay: requestsPerDay = newValue.map { Int($0) }
            case .tokensPerDay: tokensPerDay = newValue.map { Int($0) }
            case .imagesPerDay: imagesPerDay = newValue.map { Int($0) }
            case .spendPerMonth: spendPerMonthMicros = newValue
            case .memory: memoryBytes = newValue.map { Int($0) }
            case .disk: diskBytes = newValue.map { Int($0) }
            case .files: files = newValue.map { Int($0) }
            }
        }
    }
}
