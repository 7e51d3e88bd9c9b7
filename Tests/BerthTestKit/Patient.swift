package import BerthHTTP

extension HTTPServerLimits {
    /// The usual ones, but for deadlines, which no machine is too slow for: of a server on the
    /// machine's clock whose deadlines are not what is tested.
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
    /// Those that no machine is too slow for: of a client on the machine's clock.
    package static var patient: HTTPClientDeadlines {
        HTTPClientDeadlines(
            connect: .seconds(3_600),
            firstByte: .seconds(3_600),
            stall: .seconds(3_600)
        )
    }
}
