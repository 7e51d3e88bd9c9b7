package import BerthLoop

/// One request to a provider in the ledger: the payer and the amounts, never the content.
package struct Call: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Call>

    /// The life of a call: reserved → one of the others, for good.
    package enum State: String, SQLConvertible, Sendable {
        /// The worst case is held.
        case reserved
        /// Its real cost was charged.
        case settled
        /// Nothing was bought.
        case released
        /// Its outcome is unknown, because the service was killed before its end or the provider did
        /// not say whether it took the work. It was charged at its reservation.
        case uncertain
        /// The service was killed before its end, and its turn was asked again.
        ///
        /// The house bears its reservation. The tenant is charged nothing.
        case absorbed
    }

    /// Its key.
    package let id: ID
    /// The tenant who pays.
    package let tenant: Tenant.ID
    /// The turn it answers, or nil for an API call.
    package let turn: Turn.ID?
    /// The turn's step that it belongs to, or nil if it has none.
    package let step: TurnStep.ID?
    /// As the configuration names it.
    package let provider: String
    /// As the provider knows it.
    package let model: String
    /// The call's state.
    package let state: State
    /// The start of the day that it is charged to.
    package let day: Timestamp
    /// The worst case.
    package let reserved: Amounts
    /// The amounts charged in the end.
    package let settled: Amounts
    /// Whether any of the settled tokens are our estimate, not the provider's count.
    package let isEstimated: Bool
    /// The settled tokens of the prompt that the provider read from its prompt cache.
    package let cachedTokens: Int
    /// The settled tokens of the prompt that the provider wrote into its prompt cache.
    package let cacheWriteTokens: Int
    /// When it was reserved.
    package let created: Timestamp
    /// When it ended, or nil if it has not.
    package let ended: Timestamp?
}

extension Call {
    /// Reads the columns that ``Connection`` selects for a call.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        tenant = row.id(1)
        turn = row.idOrNil(2)
        step = row.idOrNil(3)
        provider = row.text(4)
        model = row.text(5)
        state = try row.word(6)
        day = row.timestamp(7)
        isEstimated = row.bool(8)
        created = row.timestamp(9)
        ended = row.timestampOrNil(10)
        reserved = row.amounts(11)
        settled = row.amounts(17)
        cachedTokens = row.int(23)
        cacheWriteTokens = row.int(24)
    }
}
