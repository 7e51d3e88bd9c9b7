package import BerthMemory

/// Everything an operator can choose, checked, as plain values; the rest has its default.
package struct Configuration: Equatable, Sendable {
    /// Where the server listens.
    package var listen = HostPort(host: "127.0.0.1", port: 8080)
    /// As people reach it, without path: links, Secure cookies, webhook, allowed Host and Origin.
    package var url = WebURL(listening: HostPort(host: "127.0.0.1", port: 8080))
    /// Whether the file names the URL; where not, it follows ``listen``.
    package var hasOwnURL = false
    /// A name of the zone database: where a quota's day and month begin.
    package var timezone = "UTC"
    /// The bot's standing instruction, at most 16 KiB; empty: none.
    package var system = ""
    /// The folder of the database, tenants' files and admin socket, relative to the working folder.
    package var data = "./data"
    /// The most that this process may hold.
    package var memory: MemoryCeiling
    /// The server's bounds.
    package var limits = Limits()
    /// How people become tenants.
    package var access = Access.invite
    /// nil: the in-process cache alone.
    package var redis: RedisAddress?
    /// nil: no Telegram.
    package var telegram: Telegram?
    /// By unique name; empty: the built-in demo provider.
    package var providers: [Provider] = []
    /// Reserved for a model that has no price.
    package var priceCeiling = PriceCeiling()
    /// In the order they are tried; empty: the demo model.
    package var chatModels: [ChatModel] = []
    /// In the order they are tried.
    package var imageModels: [ImageModel] = []
    /// Of a tenant without own figures.
    package var quotas = Quotas()
    /// Of answers.
    package var cache = Cache()
    /// Of tenants' pictures.
    package var files = Files()

    /// The built-in defaults; `memory` is measured, see ``MemoryCeiling/detect(reading:)``.
    package init(memory: MemoryCeiling) { self.memory = memory }

    /// Whether the demo provider answers, for want of a chat model.
    package var usesDemo: Bool { chatModels.isEmpty }

    /// The provider of that name.
    package func provider(named name: String) -> Provider? { providers.first { $0.name == name } }

    /// Listens on `address` instead (`serve --listen`); a URL that was not configured follows.
    package mutating func listen(on address: HostPort) {
        listen = address
        if !hasOwnURL { url = WebURL(listening: address) }
    }
}

extension Configuration {
    /// How people become tenants.
    package enum Access: String, CaseIterable, Sendable {
        /// By a one-time link from `berth tenant invite`.
        case invite
        /// By asking, and the operator's yes.
        case approve
        /// By writing.
        case open
    }

    /// The server's bounds.
    package struct Limits: Equatable, Sendable {
        /// The most tenants that are not removed.
        package var tenants = 50
        /// The longest body of a request.
        package var body = ByteCount.mebibytes(4)
        /// Open connections at once.
        package var connections = 1200
    }

    /// The Telegram bot.
    package struct Telegram: Equatable, Sendable {
        /// How updates come.
        package enum Mode: String, CaseIterable, Sendable {
            case polling
            case webhook
        }

        /// As @BotFather gives it.
        package var token: Secret
        /// Telegram's server, or a local one.
        package var apiBase: WebURL
        /// How updates come.
        package var mode: Mode
        /// Checked on each webhook; set where ``mode`` is webhook.
        package var secret: Secret?
    }

    /// An upstream that answers chats or makes pictures.
    package struct Provider: Equatable, Sendable {
        /// The API that it speaks.
        package enum Kind: String, CaseIterable, Sendable {
            case openai
            case anthropic
            case fal

            /// The vendor's own address, which is the default and needs a key.
            package var vendorURL: String {
                switch self {
                case .openai: "https://api.openai.com/v1"
                case .anthropic: "https://api.anthropic.com"
                case .fal: "https://queue.fal.run"
                }
            }
        }

        /// Stands before the slash in `provider/model`.
        package var name: String
        /// The API that it speaks.
        package var kind: Kind
        /// Where it is; paths of the API are added to its path.
        package var baseURL: WebURL
        /// nil where an own server wants none.
        package var apiKey: Secret?
        /// nil: no limit of ours.
        package var requestsPerMinute: Int?
        /// nil: no limit of ours.
        package var tokensPerMinute: Int?
        /// Calls at once.
        package var concurrency = 8
    }

    /// A chat model that tenants may name.
    package struct ChatModel: Equatable, Sendable {
        /// What a model costs.
        package struct Price: Equatable, Sendable {
            /// Dollars per million tokens of prompt.
            package var input: Money
            /// Dollars per million tokens of answer.
            package var output: Money
        }

        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// As the provider knows it.
        package var model: String
        /// nil: ``Configuration/priceCeiling`` is reserved.
        package var price: Price?
        /// Tokens of prompt and answer together.
        package var context = 32_768
        /// The most tokens of answer that are asked for; less than ``context``.
        package var output = 4_096
    }

    /// A model that makes pictures.
    package struct ImageModel: Equatable, Sendable {
        /// The languages that a model may need its prompts in.
        package enum PromptLanguage: String, CaseIterable, Sendable {
            case english
        }

        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// As the provider knows it.
        package var model: String
        /// Dollars a picture; nil: ``PriceCeiling/image`` is reserved.
        package var price: Money?
        /// What a prompt is put into before it is sent; nil: it is sent as it was written.
        package var prompt: PromptLanguage?
    }

    /// What is reserved for a model that has no price.
    package struct PriceCeiling: Equatable, Sendable {
        /// Dollars per million tokens of prompt.
        package var input = Money(micros: 20_000_000)
        /// Dollars per million tokens of answer.
        package var output = Money(micros: 80_000_000)
        /// Dollars a picture.
        package var image = Money(micros: 500_000)
    }

    /// The cache of answers.
    package struct Cache: Equatable, Sendable {
        /// Who may get an answer that another tenant paid for.
        package enum Scope: String, CaseIterable, Sendable {
            /// Anybody, where the prompt carries nothing of the tenant's.
            case safe
            /// Only the same tenant.
            case tenant
            /// Nobody: nothing is cached.
            case off
        }

        /// The most it holds in this process.
        package var memory = ByteCount.mebibytes(8)
        /// How long an answer stays.
        package var ttl = Duration.seconds(3_600)
        /// Who may get another's answer.
        package var scope = Scope.safe
        /// A request that asks for more is never answered from the cache.
        package var maxTemperature = 0.5
    }

    /// Tenants' pictures on disk.
    package struct Files: Equatable, Sendable {
        /// How long a picture stays.
        package var keep = Duration.seconds(30 * 86_400)
        /// Percent of the disk above which the oldest go first.
        package var highWaterPercent = 80
        /// A file that is given up when the disk is full, so that the database can still write.
        package var ballast = ByteCount.mebibytes(64)
    }
}
