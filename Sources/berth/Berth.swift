import BerthConfig
import BerthLoop
import BerthMemory
import BerthText
import BerthWork
import Glibc

/// The command `berth`.
@main struct Berth {
    /// The version of this source.
    static let version = "0.1.0"

    /// Exit status: 0 done, 1 failed, 2 wrong usage.
    nonisolated static func main() {
        FileDescriptors.openStandard()
        Allocator.configure()
        Signals.ignorePipe()
        let invocation: Invocation
        do throws(UsageError) {
            invocation = try Arguments.parse(
                Array(CommandLine.arguments.dropFirst()),
                environment: Environment.value
            )
        } catch {
            let json = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")
            Output.failure("\(error)", json: json)
            exit(2)
        }
        if invocation.command.handlesSignals { Signals.block() }
        exit(Loop.run { await Berth.run(invocation) })
    }

    @Loop private static func run(_ invocation: Invocation) async -> Int32 {
        do {
            return try await perform(invocation)
        } catch {
            // A tenant's words would hide the cause from the operator.
            let reason = (error as? BotError)?.forOperator ?? "\(error)"
            Output.failure(reason, by: "berth: ", json: invocation.json)
            return 1
        }
    }

    @Loop private static func perform(_ invocation: Invocation) async throws -> Int32 {
        let json = invocation.json
        let admin = { () throws in try AdminClient(file: invocation.config) }
        switch invocation.command {
        case .help(let topic): Output.text(Help.text(topic))
        case .version where json: Output.json(try JSON.encode(["version": version]))
        case .version: Output.text("berth \(version)\n")
        case .config(let action): try ConfigVerb.run(action, file: invocation.config, json: json)
        case .serve(let choices): try await Serve.run(choices, file: invocation.config)
        case .simulate(let choices):
            return try await SimulateVerb.run(choices, file: invocation.config, json: json)
        case .fake(let choices): try await FakeVerb.run(choices)
        case .doctor(let asks):
            return try await Doctor.run(file: invocation.config, json: json, asks: asks)
        case .chat(let choices): return try await ChatVerb.run(choices, file: invocation.config)
        case .ask(let choices, let text):
            return try await AskVerb.run(choices, text, file: invocation.config, json: json)
        case .tenant(let action): try await TenantVerb(admin: admin(), json: json).run(action)
        case .quota(let action): try await QuotaVerb(admin: admin(), json: json).run(action)
        case .cache(let action): return try await CacheVerb(admin: admin(), json: json).run(action)
        case .queue(let action): try await QueueVerb(admin: admin(), json: json).run(action)
        case .memory(let choices): try await MemoryVerb(admin: admin(), json: json).run(choices)
        case .files(let tenant): try await FilesVerb(admin: admin(), json: json).list(tenant)
        case .cleanup(let choices):
            return try await FilesVerb(admin: admin(), json: json).clean(choices)
        case .usage(let choices): try await UsageVerb.run(admin(), choices, json: json)
        }
        return 0
    }
}

extension Command {
    /// Whether the verb handles SIGTERM and SIGINT itself.
    ///
    /// The signals end the other verbs at once.
    fileprivate var handlesSignals: Bool {
        switch self {
        case .serve, .fake, .chat, .ask, .simulate: true
        case .memory(let choices): choices.watch
        default: false
        }
    }
}
