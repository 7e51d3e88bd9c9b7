package import BerthLoop
package import BerthTelemetry

/// The admission control of one provider: its rate limits, adaptive concurrency and circuit
/// breaker.
///
/// | outcome     | concurrency | breaker           | pause                          |
/// |-------------|-------------|-------------------|--------------------------------|
/// | done        | may grow    | success           | –                              |
/// | rateLimited | halves      | alive (a probe succeeds, else –) | Retry-After, else growing
/// backoff |
/// | overloaded  | halves      | failure           | Retry-After                    |
/// | timedOut    | halves      | failure           | –                              |
/// | broken, unusable | –      | failure           | –                              |
/// | refused     | –           | alive             | –                              |
/// | cancelled   | –           | – (a probe is repeated) | –                        |
@Loop package final class ProviderGate {
    /// The provider's name, as configured.
    package let provider: String
    /// The number of calls that hold a permit.
    package private(set) var running = 0
    /// Called when a call has ended, so that another may be admitted.
    ///
    /// There is one listener.
    var onChange: (@Loop () -> Void)?

    private let limits: ProviderLimits
    private let surroundings: Surroundings
    private var random: SeededGenerator
    private var requests: TokenBucket
    private var tokens: TokenBucket
    private var adaptive: AdaptiveLimit
    private var breaker = CircuitBreaker.fresh
    private var refusals = 0
    private var refused: Instant?
    private var pausedUntil: Instant?

    /// Makes an open gate with full token buckets.
    ///
    /// Its jitter comes from a generator of its own, which it takes from the surroundings. Their log
    /// receives an entry when the breaker opens or closes.
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

    /// The breaker's state, for reports.
    package var state: CircuitBreaker { breaker }

    /// Whether a pause that the provider asked for is not over yet, for reports.
    package var isPaused: Bool { pausedUntil.map { $0 > surroundings.clock.now } ?? false }

    /// Decides on the next call.
    ///
    /// Capacity is taken only if the decision is `now`.
    ///
    /// `cost` is the predicted number of input and output tokens together, 0 or more.
    package func admit(cost: Int) -> Admission {
        let now = surroundings.clock.now
        if let closed = closed(at: now) { return closed }
        guard running < adaptive.current else { return .busy }
        let ready = max(requests.ready(for: 1, at: now), tokens.ready(for: cost, at: now))
        guard ready <= now else { return .wait(until: ready) }
        return .now(begin(cost, at: now))
    }

    /// Returns the reason why the provider is unavailable at `now`; nil if it is available.
    func closed(at now: Instant) -> Admission? {
        switch breaker.access(at: now) {
        case .until(let instant): return .closed(.failing, until: instant)
        case .probing: return .closed(.failing, until: nil)
        case .through, .probe: break
        }
        guard let pausedUntil, pausedUntil - now > limits.patience else { return nil }
        return .closed(.paused, until: pausedUntil)
    }

    private func begin(_ cost: Int, at now: Instant) -> Permit {
        let isProbe = breaker.access(at: now) == .probe
        if isProbe { tell(.probeStarted, at: now) }
        _ = requests.take(1, at: now)  // `admit` has checked both buckets for this instant
        _ = tokens.take(cost, at: now)
        running += 1
        return Permit(call: Permit.Call(began: now, tokens: cost, isProbe: isProbe), gate: self)
    }

    // MARK: The end of a call

    /// Records the outcome of a call.
    ///
    /// It is called once for each permit.
    func end(_ call: Permit.Call, _ outcome: CallOutcome, tokens used: Int?) {
        let now = surroundings.clock.now
        switch outcome {
        case .done(let latency):
            adaptive.succeeded(latency: latency, running: running)
            refusals = 0
            tell(call.isProbe ? .probeSucceeded : .succeeded, at: now)
            settle(call, used ?? call.tokens, at: now)
        case .failed(let failure):
            learn(from: failure, of: call, at: now)
            settle(call, used ?? 0, at: now)
        case .cancelled:
            if call.isProbe { tell(.probeCancelled, at: now) }
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
        case .rateLimited(let retryAfter):
            adaptive.overrun(began: call.began, at: now)
            pause(retryAfter ?? ownPause(after: call, at: now), at: now)
            if call.isProbe { tell(.probeSucceeded, at: now) }
        case .overloaded(let retryAfter):
            adaptive.overrun(began: call.began, at: now)
            if let retryAfter { pause(retryAfter, at: now) }
            tell(call.isProbe ? .probeFailed : .failed, at: now)
        case .timedOut:
            adaptive.overrun(began: call.began, at: now)
            tell(call.isProbe ? .probeFailed : .failed, at: now)
        case .broken, .unusable: tell(call.isProbe ? .probeFailed : .failed, at: now)
        case .refused: if call.isProbe { tell(.probeSucceeded, at: now) }
        }
    }

    private func pause(_ duration: Duration, at now: Instant) {
        let end = now + Backoff.spread(duration, fraction: random.fraction())
        requests.close(until: end)
        pausedUntil = max(pausedUntil ?? end, end)
    }

    /// Returns the pause after a 429 without Retry-After.
    ///
    /// It grows with each refused call that was sent after the previous refusal.
    private func ownPause(after call: Permit.Call, at now: Instant) -> Duration {
        if refused.map({ call.began > $0 }) ?? true {
            refusals += 1
            refused = now
        }
        return limits.pause.wait(attempt: refusals, fraction: random.fraction())
    }

    private func tell(_ event: BreakerEvent, at now: Instant) {
        let (before, jitter) = (breaker, random.fraction())
        breaker = before.after(event, at: now, policy: limits.breaker, jitter: jitter)
        switch (before, breaker) {
        case (.closed, .open(let until, _)),
            (.probing, .open(let until, _)) where until > now:
            surroundings.log.warning(
                "a provider keeps failing, calls are paused",
                ["provider": .text(provider), "ms": .ms(until - now)]
            )
        case (.probing, .closed):
            surroundings.log.info("a provider works again", ["provider": .text(provider)])
        default: break
        }
    }
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
