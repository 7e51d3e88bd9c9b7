/// The worst case of a call, before the provider is asked.
package struct Reservation: Equatable, Sendable {
    /// The tenant who pays.
    package var tenant: Tenant.ID
    /// The turn it answers, or nil for an API call.
    package var turn: Turn.ID?
    /// The waiting step of the turn that it belongs to, or nil for a new one.
    package var step: TurnStep.ID?
    /// The kind of a new step.
    package var stepKind = TurnStep.Kind.ask
    /// The client's name for the request, which is written with the reservation, or nil.
    package var key: IdempotencyKey?
    /// The text that the call buys beside an answer, or nil.
    package var sideText: SideText?
    /// The title or summary that the call writes, or nil.
    package var outline: OutlineTarget?
    /// As the configuration names it.
    package var provider: String
    /// As the provider knows it.
    package var model: String
    /// The most that the call may cost.
    package var amounts: Amounts

    /// Makes the reservation of one request.
    package init(
        tenant: Tenant.ID,
        turn: Turn.ID? = nil,
        step: TurnStep.ID? = nil,
        provider: String,
        model: String,
        amounts: Amounts
    ) {
        self.tenant = tenant
        self.turn = turn
        self.step = step
        self.provider = provider
        self.model = model
        self.amounts = amounts
        self.amounts[.requests] = 1
    }
}
