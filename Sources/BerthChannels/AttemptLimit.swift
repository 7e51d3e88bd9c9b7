import BerthHTTP
import BerthLoop
import BerthTelemetry

/// So many tries a minute for each address, so that guessing a token is hopeless.
///
/// It remembers at most 1,024 addresses; a further one takes the place of the oldest, which costs
/// an attacker more addresses than the guesses are worth.
@Loop final class AttemptLimit {
    private let perMinute: Int
    private let surroundings: Surroundings
    private var recent: [HTTPPeer: [Instant]] = [:]

    private static let maximumAddresses = 1024

    init(perMinute: Int, in surroundings: Surroundings) {
        self.perMinute = perMinute
        self.surroundings = surroundings
    }

    /// Counts a try of `peer`; false when it has had its share of this minute.
    func allows(_ peer: HTTPPeer) -> Bool {
        let since = surroundings.clock.now + .seconds(-60)
        let tries = recent[peer, default: []].filter { $0 > since }
        guard tries.count < perMinute else { return false }
        if recent.count >= AttemptLimit.maximumAddresses { forget(before: since) }
        recent[peer] = tries + [surroundings.clock.now]
        return true
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
