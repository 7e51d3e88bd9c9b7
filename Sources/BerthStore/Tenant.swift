package import BerthLoop

/// One person with quotas.
package struct Tenant: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Tenant>

    /// Whether the tenant may use the bot.
    package enum State: String, SQLConvertible, Sendable {
        case active
        /// Keeps everything, may do nothing.
        case suspended
        /// Deleted, except for its row and the ledger.
        case removed
    }

    /// The key under which the costs of the house are told, which no row has.
    package static let house = ID(0)
    /// The name of the house, and of the tenant to whom Berth's own questions are booked.
    ///
    /// No person's name has parentheses.
    package static let houseName = "(house)"

    /// Its key.
    package let id: ID
    /// Unique among the tenants that are not removed, as typed.
    package let name: String
    /// The tenant's state.
    package let state: State
    /// When it was made.
    package let created: Timestamp
    /// The tenant's own limits.
    package let quotas: TenantQuotas
    /// The code of the language that the tenant has chosen, or nil if it has chosen none.
    package private(set) var language: String?
    /// The code of the language of the device that the tenant used last, or nil if none told one.
    package private(set) var heardLanguage: String?
    /// The person's name in any script, or nil if none was given.
    package private(set) var display: String?
    /// Whether models write titles and summaries of the tenant's conversations at its cost.
    package private(set) var hasOutlines = true
}

extension Tenant {
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        name = row.text(1)
        state = try row.word(2)
        created = row.timestamp(3)
        var quotas = TenantQuotas()
        quotas.requestsPerDay = row.intOrNil(4)
        quotas.tokensPerDay = row.intOrNil(5)
        quotas.imagesPerDay = row.intOrNil(6)
        quotas.spendPerMonthMicros = row.intOrNil(7).map { Int64($0) }
        quotas.memoryBytes = row.intOrNil(8)
        quotas.diskBytes = row.intOrNil(9)
        quotas.files = row.intOrNil(10)
        self.quotas = quotas
        (language, heardLanguage) = (row.textOrNil(11), row.textOrNil(12))
        display = row.textOrNil(13)
        hasOutlines = row.bool(14)
    }
}
