import BerthConfig
import BerthMemory

/// `berth simulate`.
struct SimulateChoices: Equatable {
    var users = 50
    /// For how long they ask.
    var seconds = 30
    var seed = 1
    /// A running service; nil: one of its own.
    var url: WebURL?
    /// `memory.limit` of its own service; nil: the usual one.
    var limit: ByteCount?
    /// `cache.memory` of its own service; nil: the usual one.
    var cache: ByteCount?
}

extension Verb {
    static let simulate = Verb(
        words: ["simulate"],
        options: [
            Option(name: "--users", value: "N", summary: "1 to 1000 (default: 50)"),
            Option(
                name: "--seconds",
                value: "S",
                summary: "for how long they ask, 1 to 86400 (default: 30)"
            ),
            Option(
                name: "--seed",
                value: "K",
                summary: "the same number makes the same users and questions (default: 1)"
            ),
            Option(
                name: "--limit",
                value: "SIZE",
                summary: "memory.limit of the service that it starts, as 48MiB"
            ),
            Option(
                name: "--cache",
                value: "SIZE",
                summary: "cache.memory of the service that it starts; 0: none"
            ),
            Option(
                name: "--url",
                value: "URL",
                summary: "of a running service on this machine, whose configuration is --config"
            ),
        ],
        summary: "Let simulated users ask a service, and measure it.",
        details: "Starts a fake provider and a service of its own, or takes a running one (then it "
            + "makes tenants called sim-SEED-N and removes them). Half of the users call the API, "
            + "half chat on the web; half of the questions are asked by many. Exit status 1 when "
            + "an answer was lost or memory.limit was passed.",
        example: "berth simulate --users 50 --seconds 20"
    ) { given throws(UsageError) in
        .simulate(try choices(given))
    }

    private static func choices(_ given: Given) throws(UsageError) -> SimulateChoices {
        let usual = SimulateChoices()
        let choices = SimulateChoices(
            users: try given.value("--users", .integer(1...1000)) ?? usual.users,
            seconds: try given.value("--seconds", .integer(1...86_400)) ?? usual.seconds,
            seed: try given.value("--seed", .integer(0...1_000_000_000)) ?? usual.seed,
            url: try given.value("--url", .url),
            limit: try given.value("--limit", .size(.mebibytes(16) ... .mebibytes(1 << 20))),
            cache: try given.value("--cache", .size(.zero ... .mebibytes(1 << 14)))
        )
        guard choices.url == nil else {
            for option in ["--limit", "--cache"] where given.has(option) {
                throw given.error("\(option) is of a service that it starts; --url takes another")
            }
            return choices
        }
        guard !given.has("--config") else {
            throw given.error("--config is of the running service that --url names; name it too")
        }
        return choices
    }
}
