import BerthLoop

@testable import BerthQueue

/// A provider on a virtual clock.
///
/// It answers after a fixed time, or refuses for a while with a `Retry-After` of 2 s, and records
/// each tenant's waits.
@Loop final class ToyUpstream {
    /// The end of the period in which it refuses.
    var refusesUntil = Instant.after(.zero)
    /// The wait for the permit of each answered call, with its tenant.
    private(set) var waits: [(tenant: String, wait: Duration)] = []
    /// The number of refused calls.
    private(set) var refusals = 0
    /// The number of calls made before a Retry-After was over.
    private(set) var insideWindow = 0
    /// The maximum number of concurrent calls.
    private(set) var peak = 0

    private let clock: any Clock
    private let latency: Duration
    private var closedUntil = Instant.after(.zero)
    private var running = 0

    init(clock: any Clock, latency: Duration) {
        self.clock = clock
        self.latency = latency
    }

    /// Repeats a request until it is answered.
    func ask(_ dispatcher: Dispatcher, _ request: WorkRequest) {
        let asked = clock.now
        dispatcher.submit(request) { result in
            guard case .success(let permit) = result else { return }
            self.call(permit, request, asked: asked, again: dispatcher)
        }
    }

    private func call(
        _ permit: Permit,
        _ request: WorkRequest,
        asked: Instant,
        again dispatcher: Dispatcher
    ) {
        let now = clock.now
        if now < closedUntil { insideWindow += 1 }
        guard now >= refusesUntil else {
            refusals += 1
            // A call sent before the refusal arrives is not early.
            clock.schedule(after: .milliseconds(5)) {
                self.closedUntil = max(self.closedUntil, self.clock.now + .seconds(2))
                permit.end(.failed(.rateLimited(retryAfter: .seconds(2))))
                self.ask(dispatcher, request)
            }
            return
        }
        running += 1
        peak = max(peak, running)
        clock.schedule(after: latency) {
            self.running -= 1
            self.waits.append((request.tenant, now - asked))
            permit.end(.done(latency: self.latency))
        }
    }
}
