extension Verb {
    /// `berth queue …`.
    static let queues = [
        Verb(
            words: ["queue"],
            summary: "Show what waits and runs, and how the providers stand.",
            details: "Failed are turns, uncertain are calls, both of the last seven days: nobody "
                + "knows what became of a call that was under way when the service was killed. A "
                + "provider is open, paused (it asked for a pause) or failing (it is left alone for "
                + "a while). The built-in demo has no queue.",
            example: "berth queue --json"
        ) { _ in .queue(.show) },
        Verb(
            words: ["queue", "failed"],
            summary: "List what failed or is uncertain in the last seven days, and why.",
            details:
                "Newest first, at most 100: turns, which can be retried, and uncertain calls of "
                + "the API, which cannot. What was said is not shown.",
            example: "berth queue failed"
        ) { _ in .queue(.failed) },
        Verb(
            words: ["queue", "retry"],
            operands: "ID",
            summary: "Answer a failed or uncertain turn again.",
            details:
                "It waits as if it had just come; an uncertain one may be paid for twice. ID is "
                + "what 'berth queue failed' shows. Exit status 1 when it cannot be answered now.",
            example: "berth queue retry 5x0kd3JkQ2"
        ) { given in .queue(.retry(given.operands[0])) },
    ]
}
