extension Verb {
    /// `berth queue …`.
    static let queues = [
        Verb(
            words: ["queue"],
            summary: "Show queued and running calls, and the state of the providers.",
            details: "Failed turns, failed parts of replies and uncertain calls are those of the "
                + "last seven days. A part has failed if its channel could not deliver it. A call is "
                + "uncertain if it was running when the service was killed, so that its outcome is "
                + "unknown. A provider is open, paused (it asked for a pause) or failing (it gets "
                + "no calls for a while). The built-in demo has no queue.",
            example: "berth queue --json"
        ) { _ in .queue(.show) },
        Verb(
            words: ["queue", "failed"],
            summary: "List the failed and uncertain work of the last seven days, with reasons.",
            details:
                "Lists turns and parts of replies, which can be retried, and uncertain calls of "
                + "the API, which cannot. "
                + "The newest come first, at most 100. Their content is not shown.",
            example: "berth queue failed"
        ) { _ in .queue(.failed) },
        Verb(
            words: ["queue", "retry"],
            operands: "ID",
            summary: "Answer a failed turn, or deliver a failed part of a reply, again.",
            details:
                "A turn is queued like a new one, a part in its old order. An uncertain turn may be "
                + "paid for twice. ID is listed by 'berth queue failed'. The exit status is 1 if it "
                + "cannot be retried now.",
            example: "berth queue retry 5x0kd3JkQ2"
        ) { given in .queue(.retry(given.operands[0])) },
    ]
}
