import Glibc

/// Waiting in one line for `servers` who serve whoever is first: M/M/c, arrivals at random, each
/// served for a time that is as random.
///
/// Source: Erlang's C formula, by the recursion of his B formula, which does not overflow:
/// <https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula>.
struct WaitingLine: Equatable {
    /// How many are served at once, 1 or more.
    let servers: Int
    /// How long one is served on average, in seconds, above 0.
    let service: Double
    /// How many come in a second, 0 or more.
    let arrivals: Double

    /// The work that comes, in servers that it would keep busy.
    var load: Double { arrivals * service }

    /// Whether all are ever served: more come than go otherwise.
    var isServed: Bool { load < Double(servers) }

    /// How likely one has to wait at all; 1 where not all are served.
    var waiting: Double {
        guard isServed else { return 1 }
        var blocking = 1.0
        for server in 1...servers {
            blocking = load * blocking / (Double(server) + load * blocking)
        }
        return blocking / (1 - load / Double(servers) * (1 - blocking))
    }

    /// The wait in seconds that `part` (0..<1) of all do not pass; nil: it grows without end.
    func wait(_ part: Double) -> Double? {
        guard isServed else { return nil }
        let rate = (Double(servers) - load) / service
        return max(0, log(waiting / (1 - part)) / rate)
    }
}
