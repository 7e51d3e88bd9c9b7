package import BerthLoop

/// The cost of one call, as one tenant pays it.
package struct Settlement: Equatable, Sendable {
    /// The call's row.
    ///
    /// nil for a tenant who shares another one's call. Its row is then inserted.
    package var call: Call.ID?
    /// The worst case that was held.
    package var reservation: Reservation
    /// When it was held.
    ///
    /// The call is charged to that day.
    package var since: Timestamp
    /// The amounts to charge.
    package var cost: Amounts
    /// Whether any of the tokens are our estimate, not the provider's count.
    package var isEstimated: Bool
    /// Whether nobody knows what the provider did, and the reservation is charged.
    package var isUncertain = false
    /// Tokens of the prompt that the provider read from its prompt cache.
    package var cachedTokens = 0
    /// Tokens of the prompt that the provider wrote into its prompt cache.
    package var cacheWriteTokens = 0
    /// The text that the call has bought beside an answer (``Reservation/sideText``), or nil.
    package var sideText: String?

    /// The words of the title or summary that the call has written, or nil if it wrote none.
    package var outline: String?

    /// Makes the settlement of one request.
    package init(
        call: Call.ID?,
        reservation: Reservation,
        since: Timestamp,
        cost: Amounts,
        isEstimated: Bool
    ) {
        self.call = call
        self.reservation = reservation
        self.since = since
        self.cost = cost
        self.isEstimated = isEstimated
        self.cost[.requests] = 1
    }
}
