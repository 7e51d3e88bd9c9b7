import BerthLoop
import BerthTelemetry

/// The breakers of the provider, the model and the tenant that a call meets, in this order.
extension ProviderGate {
    /// Returns the breaker that blocks `request` at `now`; nil if none does.
    func obstacle(to request: WorkRequest, at now: Instant) -> Admission? {
        for level in ProbedBreakers.levels {
            guard let breaker = breaker(level, of: request.model, request.tenant) else { continue }
            let access = breaker.access(
                for: request.tenant,
                hasFailed: request.mark.hasFailed,
                at: now
            )
            guard access != .through, access != .probe, let opening = breaker.opening(at: now)
            else { continue }
            if let end = opening.end, end - now <= limits.patience { return .wait(until: end) }
            let closure = Closure(
                provider: provider,
                model: level == .provider ? nil : request.model,
                reason: opening.why,
                isOwn: level == .tenant
            )
            guard case .until(let instant) = access else { return .closed(closure, until: nil) }
            return .closed(closure, until: instant)
        }
        return nil
    }

    /// The breakers that `request` would probe, of which none blocks it.
    func probes(of request: WorkRequest, at now: Instant) -> ProbedBreakers {
        ProbedBreakers.levels.reduce(into: []) { probes, level in
            let access = breaker(level, of: request.model, request.tenant)?.access(
                for: request.tenant,
                hasFailed: request.mark.hasFailed,
                at: now
            )
            if access == .probe { probes.insert(level) }
        }
    }

    private func breaker(
        _ level: ProbedBreakers,
        of model: String,
        _ tenant: String
    ) -> CircuitBreaker? {
        switch level {
        case .provider: breaker
        case .model: models[model]?.breaker
        default: models[model]?.tenants[tenant]?.breaker
        }
    }

    // MARK: Events

    /// Tells the breakers of `levels` what a call means for them.
    func tell(
        _ call: Permit.Call,
        _ verdict: Verdict,
        on levels: ProbedBreakers = .all,
        at now: Instant
    ) {
        if levels.contains(.provider) { tellProvider(call, verdict, at: now) }
        if levels.contains(.model), let event = verdict.event(for: call, .model) {
            models[call.model, default: ModelStanding()].breaker.take(
                event,
                at: now,
                limits.breaker,
                jitter()
            ) { report($0, of: call, .model, at: now) }
        }
        guard levels.contains(.tenant), let event = verdict.event(for: call, .tenant) else {
            return
        }
        let jitter = jitter()
        change(call.tenant, of: call.model, begins: event.isTrouble, at: now) { standing in
            // A tenant that repeats one failing request is held back too.
            standing.breaker.take(
                event.ofOneTenant,
                at: now,
                limits.breaker.ofOneTenant,
                jitter
            ) { report($0, of: call, .tenant, at: now) }
            if event == .succeeded || event == .probeSucceeded { standing.refusals.end() }
        }
    }

    /// Tells the provider's breaker what a call means for it.
    func tellProvider(_ call: Permit.Call, _ verdict: Verdict, at now: Instant) {
        guard let event = verdict.event(for: call, .provider) else { return }
        breaker.take(event, at: now, limits.breaker, jitter()) {
            report($0, of: call, .provider, at: now)
        }
    }

    /// Changes what is kept of a tenant's trouble with a model.
    func change(
        _ tenant: String,
        of model: String,
        begins: Bool = false,
        at now: Instant,
        _ change: (inout TenantStanding) -> Void
    ) {
        models[model, default: ModelStanding()].change(
            tenant,
            begins: begins,
            at: now,
            memory: limits.breaker.memory,
            change
        )
    }

    private func report(
        _ change: BreakerChange,
        of call: Permit.Call,
        _ level: ProbedBreakers,
        at now: Instant
    ) {
        let name = level == .provider ? provider : "\(provider)/\(call.model)"
        let tenant = level == .tenant ? call.tenant : "all"
        switch change {
        case .opened(let opening):
            surroundings.log.warning(
                "calls are held back",
                [
                    "name": .text(name), "tenant": .text(tenant),
                    "why": .text(opening.why.rawValue), "ms": .ms(opening.until - now),
                ]
            )
        case .closed:
            surroundings.log.info(
                "calls are admitted again",
                ["name": .text(name), "tenant": .text(tenant)]
            )
        }
    }

    // MARK: Answers under way

    /// Counts a call whose answer has begun.
    func answerBegan(_ call: Permit.Call) {
        models[call.model, default: ModelStanding()].answering += 1
    }

    /// Counts one less.
    func answerEnded(_ call: Permit.Call) { models[call.model]?.answering -= 1 }

    /// Whether the model answers requests other than that of `call`.
    func answersOthers(than call: Permit.Call, hasAnswered: Bool) -> Bool {
        guard let model = models[call.model] else { return false }
        if model.answering > (hasAnswered ? 1 : 0) { return true }
        let now = surroundings.clock.now
        return model.succeeded.map { now - $0 < limits.breaker.window } ?? false
    }
}

extension ProbedBreakers {
    /// Each breaker, in the order in which a call meets them.
    static let levels: [ProbedBreakers] = [.provider, .model, .tenant]
    static let all: ProbedBreakers = [.provider, .model, .tenant]
}

extension Verdict {
    /// The event for the breaker of `level`, or nil if the call means nothing for it.
    fileprivate func event(for call: Permit.Call, _ level: ProbedBreakers) -> BreakerEvent? {
        call.probes.contains(level) ? probe : event
    }
}

extension BreakerEvent {
    /// Whether it begins or continues a tenant's trouble.
    fileprivate var isTrouble: Bool {
        switch self {
        case .failed, .paused, .probeFailed, .probePaused: true
        default: false
        }
    }

    /// The event for a tenant's own breaker, which counts every attempt as a request.
    fileprivate var ofOneTenant: BreakerEvent {
        switch self {
        case .failed(.call(_, let tenant)): .failed(.call(RequestMark(), tenant: tenant))
        case .probeFailed: .probeFailed(tenant: nil)
        default: self
        }
    }
}

/// A change of a breaker that is logged.
enum BreakerChange: Equatable {
    case opened(BreakerOpening)
    case closed
}

extension CircuitBreaker {
    /// Takes `event` and tells whether it opened or closed the breaker.
    fileprivate mutating func take(
        _ event: BreakerEvent,
        at now: Instant,
        _ policy: BreakerPolicy,
        _ jitter: Double,
        _ report: (BreakerChange) -> Void
    ) {
        let before = self
        self = before.after(event, at: now, policy: policy, jitter: jitter)
        switch (before, self) {
        case (.closed, .open(let opening)): report(.opened(opening))
        case (.probing, .open(let opening)) where opening.until > now: report(.opened(opening))
        case (.probing, .closed): report(.closed)
        default: break
        }
    }
}
