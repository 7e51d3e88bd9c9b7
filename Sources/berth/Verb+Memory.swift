import BerthConfig
import BerthMemory

extension Verb {
    /// `berth memory`.
    static let memory = Verb(
        words: ["memory"],
        options: [
            Option(name: "--watch", value: nil, summary: "repeat every second until Ctrl-C"),
            Option(name: "--tenant", value: "NAME", summary: "show one tenant's memory by purpose"),
            Option(
                name: "--what-if",
                value: "N",
                summary: "forecast for N users: memory, disk per day, wait in the queue"
            ),
            Option(
                name: "--limit",
                value: "SIZE",
                summary: "set memory.limit until the next start, such as 96MiB"
            ),
        ],
        summary: "Show what every byte of the service's memory is used for.",
        details:
            "The lines add up to the resident size (RSS). A tenant's line is its leases. 'start' "
            + "is what start-up left on the heap, as measured then. 'allocator slack' is free "
            + "memory that malloc keeps. 'unexplained' belongs to no account. A negative line is "
            + "memory that is leased and not yet in use. A limit that would leave too little for "
            + "work is refused, with exit status 1. --watch with --json prints one document per "
            + "line.",
        example: "berth memory --watch"
    ) { given throws(UsageError) in .memory(try given.memory()) }
}

extension Given {
    /// The arguments of `memory`.
    fileprivate func memory() throws(UsageError) -> MemoryChoices {
        let given = ["--tenant", "--what-if", "--limit"].filter(has)
        guard given.count < 2 else {
            throw error("\(given[0]) and \(given[1]) exclude each other: give one")
        }
        var choices = MemoryChoices(watch: has("--watch"))
        if let name = text("--tenant") { choices.action = .tenant(name) }
        if let users = try value("--what-if", .integer(1...1_000_000)) {
            choices.action = .forecast(users)
        }
        if let limit = try value("--limit", .size(.zero ... .mebibytes(1 << 20))) {
            choices.action = .limit(limit)
        }
        if choices.watch, has("--limit") { throw error("--limit cannot be combined with --watch") }
        return choices
    }
}
