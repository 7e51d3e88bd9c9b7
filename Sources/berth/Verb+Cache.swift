extension Verb {
    /// `berth cache …`.
    static let caches = [
        Verb(
            words: ["cache", "stats"],
            summary: "Show the contents and use of the response cache, and the state of Redis.",
            details:
                "Counts lookups since the service's start, in two levels: the process's memory, "
                + "then Redis. A miss in memory that Redis answers is a hit.",
            example: "berth cache stats --json"
        ) { _ in .cache(.stats) },
        Verb(
            words: ["cache", "flush"],
            summary: "Delete everything that is cached, in memory and in Redis.",
            details:
                "Only Berth's own keys are deleted from Redis. The exit status is 1 if Redis "
                + "could not be emptied. The process's memory is emptied in either case.",
            example: "berth cache flush"
        ) { _ in .cache(.flush) },
        Verb(
            words: ["cache", "warm"],
            summary: "Load the most requested values from Redis into memory.",
            details:
                "The service does the same after each start. It loads at most 256 values, the most "
                + "requested first, until the memory is three quarters full. The exit status is 1 "
                + "if Redis is unreachable.",
            example: "berth cache warm"
        ) { _ in .cache(.warm) },
    ]
}
