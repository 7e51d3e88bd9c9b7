extension Verb {
    /// `berth queue …`.
    static let queues = [
        Verb(
            words: ["queue"],
            summary: "Show queued and running calls, and the state of the providers.",
            details: "Failed turns, failed parts of replies and uncertain calls are those of the "
                + "last seven days. A part has failed if its channel could not deliver it. A call is "
                + "uncertain if it was running when the service was killed, so that its outcome is "
                + "unknown. The start asks cheap turns again by itself, once, and the house bears the "
                + "first call (uncertain.ask_again_below). A provider or a model is open, paused (it asked for a pause) or failing "
                + "(it gets no calls for a while); 'held back' lists what is not open, for which "
                + "tenant, and until when. The built-in demo has no queue.",
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
        Verb(
            words: ["queue", "turns"],
            summary: "List the turns that wait or are being answered, oldest first.",
            details: "At most 100 are listed. Their content is not shown.",
            example: "berth queue turns --json"
        ) { _ in .queue(.turns) },
        Verb(
            words: ["queue", "calls"],
            summary: "List the API calls that wait or run, oldest first.",
            details:
                "At most 100 are listed. Their content is not shown. A call runs if its provider "
                + "has been asked. REQUEST is its name in the log.",
            example: "berth queue calls --json"
        ) { _ in .queue(.calls) },
        Verb(
            words: ["queue", "end"],
            operands: "ID",
            summary: "End a turn or an API call that waits or runs.",
            details:
                "The text of a turn that came is kept, and the turn counts as stopped. The client "
                + "of an API call is told that the operator ended it. A call that waits is not "
                + "bought. A call that its provider has begun is charged. An answer that others "
                + "share goes on for them. ID is listed by 'berth queue turns' and 'berth queue "
                + "calls'. The exit status is 1 if nothing of that name waits or runs.",
            example: "berth queue end 5x0kd3JkQ2"
        ) { given in .queue(.end(given.operands[0])) },
        Verb(
            words: ["queue", "resume"],
            operands: "PROVIDER[/MODEL]",
            summary: "Call a paused or failing provider, or one of its models, again at once.",
            details:
                "Lifts the pauses and closes the circuit breakers of the provider and of all its "
                + "models, or of the one model, for all tenants. Waiting turns are asked at once. "
                + "The exit status is 1 if there is no such provider or model, or if none of its "
                + "calls were held back.",
            example: "berth queue resume openai/gpt-5"
        ) { given in .queue(.resume(given.operands[0])) },
    ]
}
