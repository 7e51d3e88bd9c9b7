package import BerthConfig
package import BerthFiles
package import BerthLoop
package import BerthMemory
package import BerthQueue
package import BerthStore
import BerthText

/// A tenant in this process: the row, the quotas in force, the memory account.
@Loop package final class LiveTenant {
    /// The row as the database has it.
    package private(set) var row: Tenant
    /// The quotas in force: the tenant's own, else the configuration's.
    package private(set) var quotas: Quotas
    /// The memory account of the tenant's work.
    package let account: MemoryAccount
    /// The number of the tenant's HTTP requests that are under way.
    package var openRequests = 0
    /// The amounts that the tenant has used and reserved, which only the meter changes.
    var book: TenantBook
    /// The asks under way outside turns, by number in the order of their arrival.
    var openCalls: [Int: OpenCall] = [:]
    /// Grows whenever the row changes, so that a held call knows that its quotas may have.
    private(set) var changes = 0
    private var calls = 0
    private let defaults: Quotas
    private let budget: MemoryBudget

    /// Makes a tenant from its row, with an account of its own.
    package init(_ row: Tenant, _ book: TenantBook, defaults: Quotas, budget: MemoryBudget) {
        self.row = row
        providerUser = "berth-" + Secret256.hash("tenant \(row.id)").hex.cut(toBytes: 16)
        self.book = book
        self.defaults = defaults
        self.budget = budget
        quotas = defaults.overridden(by: row.quotas)
        account = budget.account(for: row.name, quota: quotas.memory)
    }

    /// The rate at which the tenant may make conversations, or nil before the first.
    package var newSessions: TokenBucket?

    /// The rate at which the tenant may ask for codes for further devices, or nil before the first.
    package var newCodes: TokenBucket?

    /// Unique among the tenants.
    package var name: String { row.name }

    /// The person's name in any script, else ``name``.
    package var displayName: String { row.display ?? name }

    /// The tenant's pseudonym for providers, so its name does not leave this machine.
    package let providerUser: String

    /// The tenant as the owner of files, with its quotas.
    package var fileOwner: FileOwner {
        FileOwner(tenant: row.id, disk: quotas.disk, files: quotas.files)
    }

    /// Checks that the tenant may ask, and not only read.
    ///
    /// - Throws: ``BotError/suspended``, also for a removed tenant that a caller still refers to.
    package func mayAsk() throws(BotError) { if row.state != .active { throw .suspended } }

    /// Ends every ask under way outside turns, and tells each caller the reason.
    package func endCalls(_ reason: BotError) {
        for number in openCalls.keys.sorted() { openCalls[number]?.end(reason) }
    }

    /// The asks under way outside turns, in the order of their arrival.
    package var callsUnderWay: [OpenCallInfo] {
        openCalls.keys.sorted().compactMap { openCalls[$0]?.info }
    }

    /// Ends one ask under way outside turns, and tells its caller the reason.
    ///
    /// - Returns: whether there is such an ask.
    package func endCall(_ call: OpenCallInfo, _ reason: BotError) -> Bool {
        guard let open = openCalls[call.number] else { return false }
        open.end(reason)
        return true
    }

    /// The number of the next ask.
    func nextCall() -> Int {
        calls += 1
        return calls
    }

    /// Applies a changed row.
    package func update(_ row: Tenant) {
        self.row = row
        changes += 1
        quotas = defaults.overridden(by: row.quotas)
        _ = budget.account(for: row.name, quota: quotas.memory)
    }
}

extension Quotas {
    /// These quotas, each replaced by the tenant's own if it has one.
    package func overridden(by own: TenantQuotas) -> Quotas {
        var quotas = self
        for key in QuotaKey.allCases { if let value = own[key] { quotas[key] = value } }
        return quotas
    }
}

extension TenantQuotas {
    /// The tenant's own value, or nil for the configuration's.
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
