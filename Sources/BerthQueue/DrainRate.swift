import BerthLoop

/// How often an entry leaves a queue that is not empty: what an expected wait is made of.
///
/// A mean over about the last 32 departures, weighted towards the newest, in which the first guess
/// counts as one.
struct DrainRate {
    private var seconds: Double
    private var departures = 1.0
    private var last: Instant?

    /// Begins with a guess of the time between two departures.
    init(guess: Duration) { seconds = max(0.001, guess.seconds) }

    /// The time between two departures.
    var interval: Duration { .seconds(seconds / departures) }

    /// Notes that an entry began to wait in an empty queue: idle time says nothing.
    mutating func begin(at now: Instant) { last = now }

    /// Notes a departure.
    mutating func note(at now: Instant) {
        let elapsed = last.map { max(0, (now - $0).seconds) } ?? 0
        let fade = 31.0 / 32
        seconds = seconds * fade + elapsed
        departures = departures * fade + 1
        last = now
    }
}
