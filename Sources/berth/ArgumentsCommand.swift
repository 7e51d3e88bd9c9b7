import BerthConfig
import BerthMemory
import BerthTelemetry

/// What the command line asks for.
struct Invocation: Equatable {
    /// `--config`; nil: ``ConfigurationFile/usualPath`` where it exists.
    var config: String?
    /// `--json`: print JSON for scripts instead of tables for people.
    var json = false
    /// What to do.
    var command: Command
}

/// A verb with its choices.
enum Command: Equatable {
    case serve(ServeChoices)
    case chat(ChatChoices)
    case tenant(TenantAction)
    case quota(QuotaAction)
    case cache(CacheAction)
    case queue(QueueAction)
    case memory(MemoryChoices)
    case config(ConfigAction)
    case doctor
    /// The last `days` days, today included; 1 to 366.
    case usage(days: Int)
    case simulate(SimulateChoices)
    case fake(FakeChoices)
    case version
    /// The verb's words; none: the overview. They name a verb of ``Verb/all``.
    case help([String])
}

/// `berth serve`; nil: as configured, or the log's own default.
struct ServeChoices: Equatable {
    var listen: HostPort?
    var format: LogFormat?
    var level: LogLevel?
}

/// `berth chat`.
struct ChatChoices: Equatable {
    /// By which right one chats.
    enum Identity: Equatable {
        /// An API key, over HTTP.
        case key(Secret)
        /// A tenant's name, over the admin socket.
        case tenant(String)
    }

    var identity: Identity
    /// nil: the configuration's; nil too for ``Identity/tenant(_:)``.
    var url: WebURL?
    /// nil: `berth`, the configured models in order.
    var model: String?
}

/// `berth tenant`; names are as typed, the service checks them.
enum TenantAction: Equatable {
    case add(String)
    case list
    case show(String)
    /// nil: whoever uses the link chooses the name.
    case invite(String?)
    case link(String)
    case key(String)
    case suspend(String)
    case resume(String)
    case remove(String)
}

/// `berth quota`.
enum QuotaAction: Equatable {
    /// nil: all tenants.
    case show(String?)
    case set(String, [QuotaChange])
}

/// A quota's new value.
struct QuotaChange: Equatable {
    var key: QuotaKey
    /// A count, bytes or millionths of a dollar; nil: the configuration's default again.
    var value: Int64?
}

/// `berth cache`.
enum CacheAction: Equatable {
    case stats
    case flush
    case warm
}

/// `berth queue`.
enum QueueAction: Equatable {
    case show
    case failed
    /// A turn's name as typed; the service checks it.
    case retry(String)
}

/// `berth memory`.
struct MemoryChoices: Equatable {
    /// What is asked for.
    enum Action: Equatable {
        case show
        /// One tenant's, by purpose; the name as typed.
        case tenant(String)
        /// A forecast for so many users.
        case forecast(Int)
        /// A new limit, until the next start.
        case limit(ByteCount)
    }

    var action = Action.show
    /// Again every second, until Ctrl-C.
    var watch = false
}

/// `berth config`.
enum ConfigAction: Equatable {
    case check
    case show
}

/// `berth fake`.
struct FakeChoices: Equatable {
    /// Whose API the fake speaks, as the verb's second word.
    enum API: String {
        case openai
        case anthropic
    }

    var api = API.openai
    var listen = HostPort(host: "127.0.0.1", port: 8090)
    /// Until the first token.
    var delay = Duration.zero
    /// Between tokens.
    var gap = Duration.zero
    /// How many tokens an answer has.
    var tokens = 20
}

/// A command line that cannot be understood: for standard error, with exit status 2.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and what is allowed.
    var text: String
    /// What explains it: `berth help` and these words.
    var help: [String] = []

    /// Two lines: what is wrong, and where help is.
    var description: String {
        "berth: \(text)\nTry: " + (["berth", "help"] + help).joined(separator: " ")
    }
}
