package import BerthWork

extension Bot {
    /// The asks under way outside turns, oldest first, at most `limit`.
    package func openCalls(limit: Int) -> [OpenCallInfo] {
        let calls = tenants.all.flatMap(\.callsUnderWay)
        let ordered = calls.sorted { ($0.since, $0.id) < ($1.since, $1.id) }
        return Array(ordered.prefix(limit))
    }

    /// Ends an ask under way outside turns, at the operator's wish.
    ///
    /// A call that waits is not bought, and a call that runs is cancelled at its provider. A call
    /// that others share goes on for them.
    ///
    /// - Returns: whether there is such an ask.
    package func endCall(_ id: String) -> Bool {
        for tenant in tenants.all {
            if let call = tenant.callsUnderWay.first(where: { $0.id == id }) {
                return tenant.endCall(call, .endedByOperator)
            }
        }
        return false
    }
}
