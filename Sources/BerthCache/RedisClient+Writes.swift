import BerthLoop
import BerthTelemetry

/// Whether Redis takes writes, as far as is known.
enum WriteGate: Equatable {
    case open
    /// It refused one for that reason; the next is tried at `again`.
    case refused(RedisFault, again: Instant)
}

extension RedisClient {
    /// The reason for which writes are not even tried now; nil: they are.
    var writeFault: RedisFault? {
        guard case .refused(let fault, let again) = writes, surroundings.clock.now < again else {
            return nil
        }
        return fault
    }

    /// Closes the gate for a while; the first time says so.
    func refuseWrites(_ fault: RedisFault) -> CacheError {
        if writes == .open {
            surroundings.log.warning(
                "redis takes no writes; the cache goes on reading",
                ["reason": .describing(fault)]
            )
        }
        writes = .refused(fault, again: surroundings.clock.now + limits.writePause)
        return .refusesWrites(fault)
    }

    /// A write has succeeded; the first after refusals says so.
    func acceptWrites() {
        guard writes != .open else { return }
        writes = .open
        surroundings.log.info("redis takes writes again")
    }
}
