import BerthConfig
import BerthMemory

extension Verb {
    /// `berth memory`.
    static let memory = Verb(
        words: ["memory"],
        options: [
            Option(name: "--watch", value: nil, summary: "again every second, until Ctrl-C"),
            Option(name: "--tenant", value: "NAME", summary: "one tenant's memory, by purpose"),
            Option(
                name: "--what-if",
                value: "N",
                summary: "what N users would need: memory, disk a day, wait in the queue"
            ),
            Option(
                name: "--limit",
                value: "SIZE",
                summary: "set memory.limit until the next start, as 96MiB"
            ),
        ],
        summary: "Show where every byte of the service's memory is.",
        details: "The lines add up to what is resident (RSS). Tenants have what they lease; start "
            + "is what start-up left on the heap, as measured then; allocator slack is kept by "
            + "malloc for nobody; unexplained is in no account. Below zero is what was promised and "
            + "is not in use yet. The limit is refused, with exit status 1, where too little would "
            + "be left to work with. With --watch and --json, a document a line.",
        example: "berth memory --watch"
    ) { given throws(UsageError) in .memory(try given.memory()) }
}

extension Given {
    /// What `memory` was asked for.
    fileprivate func memory() throws(UsageError) -> MemoryChoices {
        let given = ["--tenant", "--what-if", "--limit"].filter(has)
        guard given.count < 2 else {
            throw error("\(given[0]) and \(given[1]) are two things; choose one")
        }
        var choices = MemoryChoices(watch: has("--watch"))
        if let name = text("--tenant") { choices.action = .tenant(name) }
        if let users = try value("--what-if", .integer(1...1_000_000)) {
            choices.action = .forecast(users)
        }
        if let limit = try value("--limit", .size(.zero ... .mebibytes(1 << 20))) {
            choices.action = .limit(limit)
        }
        if choices.watch, has("--limit") { throw error("--limit is set once; leave out --watch") }
        return choices
    }
}
