import BerthConfig
import BerthMemory

extension Verb {
    static let simulate = Verb(
        words: ["simulate"],
        options: [
            Option(name: "--users", value: "N", summary: "1 to 1000 (default: 50)"),
            Option(
                name: "--seconds",
                value: "S",
                summary: "time during which users ask, 1 to 86400 (default: 30, virtual: 86400)"
            ),
            Option(
                name: "--seed",
                value: "K",
                summary: "the same seed makes the same users and questions (default: 1)"
            ),
            Option(
                name: "--pictures",
                value: "PERCENT",
                summary: "users who make pictures with half of their questions (default: 0)"
            ),
            Option(
                name: "--telegram",
                value: "N",
                summary: "users of a fake Telegram beside the others, 0 to 1000 (default: 0)"
            ),
            Option(
                name: "--limit",
                value: "SIZE",
                summary: "memory.limit of the service that it starts, such as 48MiB"
            ),
            Option(
                name: "--cache",
                value: "SIZE",
                summary: "cache.memory of the service that it starts (0 for no cache)"
            ),
            Option(
                name: "--url",
                value: "URL",
                summary: "a running service on this machine, with its configuration in --config"
            ),
            Option(
                name: "--virtual",
                value: nil,
                summary: "run service and users in this process, on a clock that waits for nothing"
            ),
            Option(
                name: "--faults",
                value: "PERCENT",
                summary: "answers of the provider that fail, with --virtual (default: 0)"
            ),
        ],
        summary: "Have simulated users use a service, and measure it.",
        details:
            "Starts fake providers and a service. With --url it uses a running service, makes "
            + "tenants called sim-SEED-N there and removes them at the end. Half of the users call "
            + "the API and half chat on the web. Half of the questions are asked by many users. "
            + "The exit status is 1 if an answer was lost or memory.limit was exceeded. With "
            + "--virtual, a day takes seconds, memory is not measured, and the report has a digest "
            + "of all that the service did: the same options give the same digest. The exit "
            + "status is then 1 if an answer was lost or bought twice. With --telegram, the service "
            + "has a bot at a fake Telegram that controls floods. The report then has its calls, "
            + "and the exit status is also 1 if an answer came twice or out of order there, or a "
            + "call was early or faulty.",
        example: "berth simulate --users 50 --seconds 20"
    ) { given throws(UsageError) in
        .simulate(try choices(given))
    }

    private static func choices(_ given: Given) throws(UsageError) -> SimulateChoices {
        let (usual, isVirtual) = (SimulateChoices(), given.has("--virtual"))
        let choices = SimulateChoices(
            users: try given.value("--users", .integer(1...1000)) ?? usual.users,
            seconds: try given.value("--seconds", .integer(1...86_400))
                ?? (isVirtual ? 86_400 : usual.seconds),
            seed: try given.value("--seed", .integer(0...1_000_000_000)) ?? usual.seed,
            pictures: try given.value("--pictures", .integer(0...100)) ?? usual.pictures,
            telegram: try given.value("--telegram", .integer(0...1000)) ?? usual.telegram,
            isVirtual: isVirtual,
            faults: try given.value("--faults", .integer(0...100)) ?? usual.faults,
            url: try given.value("--url", .url),
            limit: try given.value("--limit", .size(.mebibytes(16) ... .mebibytes(1 << 20))),
            cache: try given.value("--cache", .size(.zero ... .mebibytes(1 << 14)))
        )
        if isVirtual {
            for option in ["--url", "--pictures", "--limit", "--cache"] where given.has(option) {
                throw given.error("\(option) is not for a service in virtual time")
            }
        } else if given.has("--faults") {
            throw given.error("--faults needs --virtual")
        }
        guard choices.url == nil else {
            for option in ["--limit", "--cache", "--telegram"] where given.has(option) {
                throw given.error(
                    "\(option) is for a service that simulate starts: leave out --url"
                )
            }
            return choices
        }
        guard !given.has("--config") else {
            throw given.error("--config needs --url, which names the running service")
        }
        return choices
    }
}
