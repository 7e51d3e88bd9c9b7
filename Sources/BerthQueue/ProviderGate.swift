package import BerthLoop
package import BerthTelemetry

/// The admission control of one provider: its rate limits, its adaptive concurrency, and the
/// circuit breakers of the provider, of its models and of tenants with trouble at a model.
///
/// | outcome     | concurrency | tenant's breaker | model's breaker | provider's breaker |
/// |-------------|-------------|------------------|-----------------|--------------------|
/// | done        | may grow    | success          | success         | success            |
/// | rateLimited | halves*     | pause*           | pause*          | reached            |
/// | overloaded, with a time | halves* | pause*   | pause*          | reached            |
/// | overloaded, timedOut | halves* | failure     | failure         | reached            |
/// | broken      | –           | failure          | failure         | reached            |
/// | unusable    | –           | failure          | failure         | failure            |
/// | unreachable | –           | –                | –               | connection failure |
/// | refused     | –           | alive            | alive           | reached            |
/// | cancelled   | –           | –                | –               | –                  |
///
/// \* The model is paused and the concurrency halved, unless the trouble is one tenant's: if other
/// tenants were answered since its last one, that tenant alone is paused. A pause of one model does
/// not halve the concurrency while the provider answers with another model. "alive" and "reached" let
/// a probe succeed. A cancelled probe is repeated.
@Loop package final class ProviderGate {
    /// The provider's name, as configured.
    package let provider: String
    /// The number of calls that hold a permit.
    package private(set) var running = 0
    /// Called when a call has ended, so that another may be admitted.
    ///
    /// There is one listener.
    var onChange: (@Loop () -> Void)?

    /// The permits that are kept free at this time while requests wait.
    ///
    /// A limit of which some permits are kept free is in use.
    var kept = 0

    let limits: ProviderLimits
    let surroundings: Surroundings
    var breaker = CircuitBreaker.fresh
    /// The models that were asked, by the provider's names of them.
    var models: [String: ModelStanding] = [:]
    private var random: SeededGenerator
    private var requests: TokenBucket
    private var tokens: TokenBucket
    private var adaptive: AdaptiveLimit

    /// Makes an open gate with full token buckets.
    ///
    /// Its jitter comes from a generator of its own, which it takes from the surroundings. Their log
    /// receives an entry when a breaker opens or closes.
    package init(
        provider: String,
        limits: ProviderLimits,
        in surroundings: Surroundings
    ) {
        self.provider = provider
        self.limits = limits
        self.surroundings = surroundings
        random = surroundings.entropy.generator()
        requests = .rate(limits.requestsPerMinute, at: surroundings.clock.now)
        tokens = .rate(limits.tokensPerMinute, at: surroundings.clock.now)
        adaptive = AdaptiveLimit(most: limits.concurrency)
    }

    /// The number of calls that may run now, from 1 to the configured maximum.
    package var limit: Int { adaptive.current }

    /// Decides on the next call.
    ///
    /// Capacity is taken only if the decision is `now`.
    package func admit(_ request: WorkRequest) -> Admission {
        let now = surroundings.clock.now
        note(request)
        if let obstacle = obstacle(to: request, at: now) { return obstacle }
        guard running < adaptive.current else { return .busy }
        let ready = max(
            requests.ready(for: 1, at: now),
            tokens.ready(for: request.tokens, at: now)
        )
        guard ready <= now else { return .wait(until: ready) }
        return .now(begin(request, at: now))
    }

    /// Records that a request asks for a permit.
    func note(_ request: WorkRequest) {
        let now = surroundings.clock.now
        models[request.model, default: ModelStanding()].asks(request.tenant, at: now)
    }

    private func begin(_ request: WorkRequest, at now: Instant) -> Permit {
        let probes = probes(of: request, at: now)
        let call = Permit.Call(
            began: now,
            tenant: request.tenant,
            model: request.model,
            mark: request.mark,
            tokens: request.tokens,
            probes: probes
        )
        tell(call, .probing(.probeStarted), at: now)
        _ = requests.take(1, at: now)  // `admit` has checked both buckets for this instant
        _ = tokens.take(request.tokens, at: now)
        running += 1
        return Permit(call: call, gate: self)
    }

    // MARK: The end of a call

    /// Records the outcome of a call.
    ///
    /// It is called once for each permit.
    func end(_ call: Permit.Call, _ outcome: CallOutcome, tokens used: Int?) {
        let now = surroundings.clock.now
        switch outcome {
        case .done(let latency):
            adaptive.succeeded(latency: latency, running: running + kept)
            models[call.model, default: ModelStanding()].succeeded(for: call.tenant, at: now)
            tell(call, Verdict(.succeeded, probe: .probeSucceeded), at: now)
            settle(call, used ?? call.tokens, at: now)
        case .failed(let failure):
            learn(from: failure, of: call, at: now)
            if failure != .refused { call.mark.fail() }
            settle(call, used ?? 0, at: now)
        case .cancelled:
            tell(call, .probing(.probeCancelled), at: now)
            settle(call, used ?? call.tokens, at: now)
        }
        running -= 1
        onChange?()
    }

    private func settle(_ call: Permit.Call, _ used: Int, at now: Instant) {
        tokens.settle(reserved: call.tokens, used: used, at: now)
    }

    private func learn(from failure: CallFailure, of call: Permit.Call, at now: Instant) {
        switch failure {
        case .rateLimited(let retryAfter): overran(call, pausing: true, retryAfter, at: now)
        case .overloaded(let retryAfter):
            overran(call, pausing: retryAfter != nil, retryAfter, at: now)
        case .timedOut: overran(call, pausing: false, nil, at: now)
        case .broken: failed(call, at: now)
        case .unusable: failed(call, at: now, isOfProvider: true)
        case .unreachable:
            tell(call, .probing(.probeCancelled), on: [.model, .tenant], at: now)
            tellProvider(call, .unreachable(by: call), at: now)
        case .refused:
            tell(call, .probing(.probeSucceeded), on: [.model, .tenant], at: now)
            tellProvider(call, .reached, at: now)
        }
    }

    /// Records a failure that may be the request's, the model's or the provider's.
    private func failed(_ call: Permit.Call, at now: Instant, isOfProvider: Bool = false) {
        // A model that is answering others at this moment is not failing.
        if (models[call.model]?.answering ?? 0) > 0, !call.probes.contains(.model) {
            tell(call, Verdict(.succeeded, probe: nil), on: .model, at: now)
        }
        tell(call, .failed(by: call), on: [.model, .tenant], at: now)
        tellProvider(call, isOfProvider ? .failed(by: call) : .reached, at: now)
        let failing = models.values.count { $0.breaker.opening(at: now)?.why == .failing }
        if failing > 1 { tellProvider(call, Verdict(.failed(.models), probe: nil), at: now) }
    }

    /// Whether the provider answers with another model than `name`, or did within the breaker's
    /// window.
    ///
    /// A refusal comes faster than any answer, so a look at the calls of this moment is too short.
    private func isAnswering(exceptWith name: String, at now: Instant) -> Bool {
        models.contains { other, standing in
            let since = standing.succeeded.map { now - $0 }
            return other != name
                && (standing.answering > 0 || since.map { $0 <= limits.breaker.window } ?? false)
        }
    }

    /// Records a call that overloaded the model, and pauses the model or the one tenant.
    private func overran(
        _ call: Permit.Call,
        pausing: Bool,
        _ retryAfter: Duration?,
        at now: Instant
    ) {
        let isTroubleOfOne = models[call.model]?.isTroubleOfOne(call.tenant) ?? false
        // A pause takes the model's load off the provider, which serves its other models as before.
        if !isTroubleOfOne, !(pausing && isAnswering(exceptWith: call.model, at: now)) {
            adaptive.overrun(began: call.began, at: now)
        }
        change(call.tenant, of: call.model, begins: true, at: now) { $0.overran = now }
        guard pausing else { return failed(call, at: now) }
        let count = refusals(call, isOfOne: isTroubleOfOne, at: now)
        let own = limits.pause.wait(attempt: count, fraction: random.fraction())
        let pause = Backoff.spread(retryAfter ?? own, fraction: random.fraction())
        let paused = Verdict(.paused(pause), probe: .probePaused(pause))
        let alive = Verdict.probing(.probeSucceeded)
        tell(call, isTroubleOfOne ? alive : paused, on: .model, at: now)
        tell(
            call,
            isTroubleOfOne ? paused : afterOthers(call, pause, at: now),
            on: .tenant,
            at: now
        )
        tellProvider(call, .reached, at: now)
    }

    /// The meaning of a pause of all for the tenant whose call brought it.
    ///
    /// If others ask too, they may go first after the pause, which shows whose trouble it is.
    private func afterOthers(
        _ call: Permit.Call,
        _ pause: Duration,
        at now: Instant
    ) -> Verdict {
        let start = now + (Duration.zero - limits.breaker.window)
        let asked = models[call.model]?.isAsked(byOthersThan: call.tenant, since: start) ?? false
        guard asked else { return .probing(.probeSucceeded) }
        let longer = pause + min(pause, limits.breaker.grace)
        return Verdict(.paused(longer), probe: .probePaused(longer))
    }

    private func refusals(_ call: Permit.Call, isOfOne: Bool, at now: Instant) -> Int {
        var count = 1
        guard isOfOne else {
            return models[call.model, default: ModelStanding()].refusals
                .note(began: call.began, at: now)
        }
        change(call.tenant, of: call.model, at: now) {
            count = $0.refusals.note(began: call.began, at: now)
        }
        return count
    }

    /// The jitter of the next pause or opening, 0…1.
    func jitter() -> Double { random.fraction() }
}

extension TokenBucket {
    /// Makes a bucket of a configured rate, or an effectively unlimited one if the rate is nil.
    fileprivate static func rate(_ perMinute: Int?, at now: Instant) -> TokenBucket {
        let unlimited = 1_000_000_000
        return TokenBucket(
            perMinute: perMinute ?? unlimited,
            burst: perMinute == nil ? unlimited : nil,
            at: now
        )
    }
}
