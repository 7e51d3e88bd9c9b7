package import BerthHTTP

extension HTTPServerLimits {
    /// The default limits, except for deadlines that no machine is too slow to meet.
    ///
    /// Servers on the machine's clock have them in tests of other behaviour.
    package static var patient: HTTPServerLimits {
        var limits = HTTPServerLimits()
        limits.headerDeadline = .seconds(3_600)
        limits.bodyDeadline = .seconds(3_600)
        limits.idleDeadline = .seconds(3_600)
        limits.writeDeadline = .seconds(3_600)
        return limits
    }
}

extension HTTPClientDeadlines {
    /// Deadlines that no machine is too slow to meet, for clients on the machine's clock.
    package static var patient: HTTPClientDeadlines {
        HTTPClientDeadlines(
            connect: .seconds(3_600),
            firstByte: .seconds(3_600),
            stall: .seconds(3_600)
        )
    }
}
