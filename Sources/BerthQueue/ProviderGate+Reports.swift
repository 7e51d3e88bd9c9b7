package import BerthLoop
import BerthTelemetry

/// A breaker that blocks calls, for reports.
package struct BlockedCalls: Equatable, Sendable {
    /// The provider's name of the model; nil if all its models are blocked.
    package let model: String?
    /// The tenant whose calls are blocked; nil if those of all tenants are.
    package let tenant: String?
    /// The reason.
    package let why: ClosedReason
    /// The time from which a probe is admitted, which is past while a probe runs.
    package let until: Instant
    /// The end of a pause; nil if only a probe ends it.
    package let end: Instant?
}

extension ProviderGate {
    /// The breakers that block calls now: the provider's, then its models', then tenants'.
    package var blocked: [BlockedCalls] {
        let now = surroundings.clock.now
        var blocked: [BlockedCalls] = []
        func note(_ breaker: CircuitBreaker, _ model: String? = nil, _ tenant: String? = nil) {
            guard let opening = breaker.opening(at: now) else { return }
            blocked.append(
                BlockedCalls(
                    model: model,
                    tenant: tenant,
                    why: opening.why,
                    until: opening.until,
                    end: opening.end
                )
            )
        }
        note(breaker)
        let sorted = models.sorted { $0.key < $1.key }
        for (model, standing) in sorted { note(standing.breaker, model) }
        for (model, standing) in sorted {
            for (tenant, own) in standing.tenants.sorted(by: { $0.key < $1.key }) {
                note(own.breaker, model, tenant)
            }
        }
        return blocked
    }

    /// Whether any breaker blocks calls.
    func isTroubled(at now: Instant) -> Bool {
        breaker.opening(at: now) != nil
            || models.values.contains { model in
                model.breaker.opening(at: now) != nil
                    || model.tenants.values.contains { $0.breaker.opening(at: now) != nil }
            }
    }

    /// Closes the breakers of the provider and all its models, or of one model, and lifts pauses.
    ///
    /// - Returns: the number of breakers that blocked calls.
    package func resume(model: String? = nil) -> Int {
        let count = blocked.count { model == nil || $0.model == model }
        if model == nil { breaker = .fresh }
        for name in models.keys where model == nil || name == model { models[name]?.resume() }
        if count > 0 { onChange?() }
        return count
    }
}
