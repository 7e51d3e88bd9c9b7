extension Verb {
    /// `berth cache …`.
    static let caches = [
        Verb(
            words: ["cache", "stats"],
            summary: "Show what the response cache holds, and how Redis is.",
            details: "Counts are since the service's start, of lookups in the two levels: this "
                + "process's memory, then Redis. A miss in memory that Redis answers is a hit.",
            example: "berth cache stats --json"
        ) { _ in .cache(.stats) },
        Verb(
            words: ["cache", "flush"],
            summary: "Forget everything that is cached, also in Redis.",
            details: "Only Berth's own keys are removed from Redis. Exit status 1 when Redis could "
                + "not be emptied; the process's memory is then empty all the same.",
            example: "berth cache flush"
        ) { _ in .cache(.flush) },
        Verb(
            words: ["cache", "warm"],
            summary: "Bring what is asked for most from Redis into memory.",
            details: "It is done by itself after a start. At most 256 values, the hottest first, "
                + "until the memory is three quarters full. Exit status 1 when Redis is away.",
            example: "berth cache warm"
        ) { _ in .cache(.warm) },
    ]
}
