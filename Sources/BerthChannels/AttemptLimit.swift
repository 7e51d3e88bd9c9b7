import BerthHTTP
import BerthLoop
import BerthTelemetry

/// Limits the failed tries of each address in a minute, so that guessing a token is hopeless.
///
/// A valid link never counts, so people behind one address do not lock each other out. It remembers
/// at most 1,024 addresses. A further one replaces the oldest, which costs an attacker more addresses
/// than the guesses are worth.
@Loop final class AttemptLimit {
    private let perMinute: Int
    private let surroundings: Surroundings
    private var recent: [HTTPPeer: [Instant]] = [:]

    private static let maximumAddresses = 1024

    init(perMinute: Int, in surroundings: Surroundings) {
        self.perMinute = perMinute
        self.surroundings = surroundings
    }

    /// Whether `peer` may try, because it has failed less often than the limit in this minute.
    func allows(_ peer: HTTPPeer) -> Bool { failures(of: peer).count < perMinute }

    /// Counts a failed try of `peer`.
    func failed(_ peer: HTTPPeer) {
        let failures = failures(of: peer)
        if recent.count >= AttemptLimit.maximumAddresses {
            forget(before: surroundings.clock.now + .seconds(-60))
        }
        recent[peer] = failures.suffix(perMinute) + [surroundings.clock.now]
    }

    private func failures(of peer: HTTPPeer) -> [Instant] {
        let since = surroundings.clock.now + .seconds(-60)
        return recent[peer, default: []].filter { $0 > since }
    }

    private func forget(before since: Instant) {
        recent = recent.filter { ($0.value.last ?? since) > since }
        guard recent.count >= AttemptLimit.maximumAddresses else { return }
        // Equal times are told apart by the address, so that a run can be repeated.
        let oldest = recent.min {
            ($0.value.last ?? since, "\($0.key)") < ($1.value.last ?? since, "\($1.key)")
        }
        if let oldest { recent[oldest.key] = nil }
    }
}
