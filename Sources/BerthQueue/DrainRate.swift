import BerthLoop

/// The measured rate at which entries leave a queue while it is not empty, from which expected
/// waits are computed.
///
/// It is an exponentially weighted mean over about the last 32 departures. The initial guess counts
/// as one departure.
struct DrainRate {
    private var seconds: Double
    private var departures = 1.0
    private var last: Instant?

    /// Makes a rate from a guess of the time between two departures.
    init(guess: Duration) { seconds = max(0.001, guess.seconds) }

    /// The mean time between two departures.
    var interval: Duration { .seconds(seconds / departures) }

    /// Records that the queue stopped being empty, so that idle time is not counted.
    mutating func begin(at now: Instant) { last = now }

    /// Records a departure.
    mutating func note(at now: Instant) {
        let elapsed = last.map { max(0, (now - $0).seconds) } ?? 0
        let fade = 31.0 / 32
        seconds = seconds * fade + elapsed
        departures = departures * fade + 1
        last = now
    }
}
