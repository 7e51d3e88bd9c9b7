import Glibc

/// A queue before several servers: the model M/M/c, with random arrivals and random service times.
///
/// Erlang's C formula is computed by the recursion of his B formula, which does not overflow.
/// Source: <https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula>.
struct WaitingLine: Equatable {
    /// The number of servers, 1 or more.
    let servers: Int
    /// The mean service time in seconds, above 0.
    let service: Double
    /// The mean number of arrivals in a second, 0 or more.
    let arrivals: Double

    /// The offered load, as the number of servers that it would keep busy.
    var load: Double { arrivals * service }

    /// Whether all arrivals are served in the end, so the queue does not grow without end.
    var isServed: Bool { load < Double(servers) }

    /// The probability that an arrival has to wait, or 1 if not all are served.
    var waiting: Double {
        guard isServed else { return 1 }
        var blocking = 1.0
        for server in 1...servers {
            blocking = load * blocking / (Double(server) + load * blocking)
        }
        return blocking / (1 - load / Double(servers) * (1 - blocking))
    }

    /// The quantile `part` (0..<1) of the wait in seconds, or nil if the queue grows without end.
    func wait(_ part: Double) -> Double? {
        guard isServed else { return nil }
        let rate = (Double(servers) - load) / service
        return max(0, log(waiting / (1 - part)) / rate)
    }
}
