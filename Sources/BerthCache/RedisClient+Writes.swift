import BerthLoop
import BerthTelemetry

/// Whether Redis accepts writes, as far as is known.
enum WriteGate: Equatable {
    case open
    /// It refused a write for this reason. The next write is tried at `again`.
    case refused(RedisFault, again: Instant)
}

extension RedisClient {
    /// The reason why writes are not tried now, or nil if they are.
    var writeFault: RedisFault? {
        guard case .refused(let fault, let again) = writes, surroundings.clock.now < again else {
            return nil
        }
        return fault
    }

    /// Stops writes for a while, and logs the first refusal.
    func refuseWrites(_ fault: RedisFault) -> CacheError {
        if writes == .open {
            surroundings.log.warning(
                "redis takes no writes; the cache only reads from it",
                ["reason": .describing(fault)]
            )
        }
        writes = .refused(fault, again: surroundings.clock.now + limits.writePause)
        return .refusesWrites(fault)
    }

    /// Records that a write has succeeded, and logs the first one after a refusal.
    func acceptWrites() {
        guard writes != .open else { return }
        writes = .open
        surroundings.log.info("redis takes writes again")
    }
}
