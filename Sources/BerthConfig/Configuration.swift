package import BerthMemory

/// Every setting of the configuration file, checked, as plain values.
///
/// A key that the file does not set has its default.
package struct Configuration: Equatable, Sendable {
    /// The address on which the server listens.
    package var listen = HostPort(host: "127.0.0.1", port: 8080)
    /// The public URL, without a path.
    ///
    /// Links and the webhook use it.
    package var url = WebURL(listening: HostPort(host: "127.0.0.1", port: 8080))
    /// Whether the file sets the URL.
    ///
    /// If not, it follows ``listen``.
    package var hasOwnURL = false
    /// Further public URLs, under which the service answers too.
    package var otherURLs: [WebURL] = []
    /// The reverse proxies that may name the client of a request.
    ///
    /// Each is an IP address, a CIDR block, or `unix` for processes that connect to a Unix socket.
    package var trustedProxies: [String] = []
    /// The origins whose pages may use the OpenAI-compatible API in a browser; `*` is every one.
    ///
    /// Empty if no page of another origin may.
    package var cors: [String] = []
    /// The time zone of quota days and months: a name of the zone database.
    package var timezone = "UTC"
    /// The system prompt of every conversation, at most 16 KiB.
    ///
    /// Empty if there is none.
    package var system = ""
    /// The folder of the database, tenants' files and admin socket, relative to the working folder.
    package var data = "./data"
    /// The limit of this process's resident memory.
    package var memory: MemoryCeiling
    /// The server's limits.
    package var limits = Limits()
    /// The way in which people become tenants.
    package var access = Access.invite
    /// nil if the cache lives in this process alone.
    package var redis: RedisAddress?
    /// The Telegram bots, with unique tokens and names.
    ///
    /// Empty if there is none.
    package var telegram: [Telegram] = []
    /// The providers, with unique names.
    ///
    /// Empty if the built-in demo provider answers.
    package var providers: [Provider] = []
    /// The prices that are reserved for a model without a price.
    package var priceCeiling = PriceCeiling()
    /// The chat models, in the order in which they are tried.
    ///
    /// Empty if the demo model answers.
    package var chatModels: [ChatModel] = []
    /// The picture models, in the order in which they are tried.
    package var imageModels: [ImageModel] = []
    /// The models that transcribe recordings, in the order in which they are tried.
    ///
    /// Empty if recordings are not transcribed.
    package var speechModels: [SpeechModel] = []
    /// The models that make embeddings.
    ///
    /// Empty if there are none.
    package var embeddingModels: [EmbeddingModel] = []
    /// The titles and summaries that models write.
    package var outlines = Outlines()
    /// The quotas of a tenant that has none of its own.
    package var quotas = Quotas()
    /// The turns that a kill has cut off.
    package var uncertain = Uncertain()
    /// The response cache.
    package var cache = Cache()
    /// The tenants' files on disk.
    package var files = Files()

    /// Makes the built-in defaults.
    ///
    /// `memory` is measured, see ``MemoryCeiling/detect(reading:)``.
    package init(memory: MemoryCeiling) { self.memory = memory }

    /// Whether the demo provider answers because no chat model is configured.
    package var usesDemo: Bool { chatModels.isEmpty }

    /// The provider of that name.
    package func provider(named name: String) -> Provider? { providers.first { $0.name == name } }

    /// All public URLs, of which the first is that of links.
    package var urls: [WebURL] { [url] + otherURLs }

    /// Settings that are allowed and that probably do not do what the operator wants.
    package var warnings: [String] {
        guard listen.isWildcard, !hasOwnURL else { return [] }
        return [
            "listen: \(listen) opens Berth to other machines, and url is not set: their browsers "
                + "are refused, and login links lead to \(url). Set url to the address that "
                + "people type, such as url: http://192.168.1.5:\(listen.port)"
        ]
    }

    /// Listens on `address` instead (`serve --listen`).
    ///
    /// A URL that was not configured follows.
    package mutating func listen(on address: HostPort) {
        listen = address
        if !hasOwnURL { url = WebURL(listening: address) }
    }
}

extension Configuration {
    /// The ways in which people become tenants.
    package enum Access: String, CaseIterable, Sendable {
        /// They use a one-time link from `berth tenant invite`.
        case invite
        /// They ask, and the operator approves.
        case approve
        /// They write to the bot.
        case open
    }

    /// The server's limits.
    package struct Limits: Equatable, Sendable {
        /// The largest number of tenants that are not removed.
        package var tenants = 50
        /// The largest request body.
        package var body = ByteCount.mebibytes(4)
        /// The largest number of open connections.
        package var connections = 1200
        /// The largest number of open connections of one client address.
        ///
        /// Through trusted proxies it limits the address's requests under way.
        package var connectionsPerAddress = 100
        /// The largest number of requests of one tenant that are under way.
        package var connectionsPerTenant = 400
    }

    /// An upstream API that answers chats or makes pictures.
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

        /// The part before the slash in `provider/model`.
        package var name: String
        /// The API that it speaks.
        package var kind: Kind
        /// The API's base URL.
        ///
        /// The API's paths are appended to its path.
        package var baseURL: WebURL
        /// nil for a server that needs no key.
        package var apiKey: Secret?
        /// nil if Berth applies no limit of its own.
        package var requestsPerMinute: Int?
        /// nil if Berth applies no limit of its own.
        package var tokensPerMinute: Int?
        /// The largest number of calls at once.
        package var concurrency = 8
        /// The proxy that its requests pass: the key `proxy`, else the environment's; nil for none.
        package var proxy: ProxyAddress?
        /// The file, in PEM, of the authorities that TLS trusts; nil for the system's.
        package var caFile: String?
        /// Folders of further authorities as `openssl rehash` makes them, with colons between them;
        /// nil for none.
        ///
        /// With a folder, curl reads the authorities anew for each connection, which costs 0.9 MiB.
        /// A file that is named therefore stands in its place.
        package var caFolder: String?
        /// Whether members of requests that Berth does not know are sent to it.
        package var passUnknown = true
        /// The parts of Berth's requests that its server is known to refuse.
        package var quirks = Quirks()
        /// The times that an answer may take.
        package var timeout = Timeout()

        /// The times that an answer may take, each from 1 s to 1 h.
        ///
        /// Comments, pings, empty pieces and whitespace are no events.
        package struct Timeout: Equatable, Sendable {
            /// From the request to the first event of a streamed answer.
            package var first = Duration.seconds(120)
            /// From one event of a streamed answer to the next.
            package var next = Duration.seconds(60)
            /// From the request to the end of an answer that is not streamed.
            ///
            /// A reasoning model may take 600 s, and the vendors' own clients wait that long.
            package var whole = Duration.seconds(600)

            /// Makes the defaults.
            package init() {}
        }
    }

    /// A chat model that tenants may name.
    package struct ChatModel: Equatable, Sendable {
        /// The price of a model.
        package struct Price: Equatable, Sendable {
            /// Dollars per million tokens of prompt.
            package var input: Money
            /// Dollars per million tokens of answer.
            package var output: Money
            /// Dollars per million tokens of prompt that the provider reads from its prompt cache,
            /// or nil for half of ``input``.
            package var cachedInput: Money?
            /// Dollars per million tokens of prompt that the provider writes into its prompt cache,
            /// or nil for ``input`` and a quarter.
            package var cacheWrite: Money?
            /// Dollars per million tokens of prompt that the provider writes into its prompt cache
            /// for an hour, or nil for twice ``input``.
            package var cacheWriteHour: Money?
        }

        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// The provider's name for the model.
        package var model: String
        /// nil if ``Configuration/priceCeiling`` is reserved.
        package var price: Price?
        /// Tokens of prompt and answer together.
        package var context = 32_768
        /// The largest answer that is requested, in tokens.
        ///
        /// Less than ``context``.
        package var output = 4_096
        /// Whether the model sees pictures in messages.
        package var vision = false
        /// The members of requests that are sent although they change the cost, the model that
        /// answers, or the place where the request goes (``ChatMember``).
        package var pass: [String] = []
    }

    /// A model that makes pictures.
    package struct ImageModel: Equatable, Sendable {
        /// The languages that a model may need its prompts in.
        package enum PromptLanguage: String, CaseIterable, Sendable {
            case english
        }

        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// The provider's name for the model.
        package var model: String
        /// Dollars per picture; nil if ``PriceCeiling/image`` is reserved.
        package var price: Money?
        /// The language that a prompt is translated into before it is sent; nil if it is sent as
        /// written.
        package var prompt: PromptLanguage?
        /// The members of requests that are sent although they change the cost, the model that
        /// answers, or the place where the request goes (``PictureMember``).
        package var pass: [String] = []
    }

    /// A model that transcribes recordings.
    package struct SpeechModel: Equatable, Sendable {
        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// The provider's name for the model.
        package var model: String
        /// Dollars per minute of a recording; nil if ``PriceCeiling/minute`` is reserved.
        package var price: Money?

        /// Names a model.
        package init(provider: String, model: String, price: Money? = nil) {
            (self.provider, self.model, self.price) = (provider, model, price)
        }
    }

    /// A model that makes embeddings.
    package struct EmbeddingModel: Equatable, Sendable {
        /// The name of one of ``Configuration/providers``.
        package var provider: String
        /// The provider's name for the model.
        package var model: String
        /// Dollars per million tokens of input; nil if ``PriceCeiling/input`` is reserved.
        package var price: Money?
        /// The members of requests that are sent although they change the cost, the model that
        /// answers, or the place where the request goes (``EmbeddingMember``).
        package var pass: [String] = []

        /// Names a model.
        package init(provider: String, model: String, price: Money? = nil) {
            (self.provider, self.model, self.price) = (provider, model, price)
        }
    }

    /// The prices that are reserved for a model without a price.
    package struct PriceCeiling: Equatable, Sendable {
        /// Dollars per million tokens of prompt.
        package var input = Money(micros: 20_000_000)
        /// Dollars per million tokens of answer.
        package var output = Money(micros: 80_000_000)
        /// Dollars per picture.
        package var image = Money(micros: 500_000)
        /// Dollars per minute of a transcribed recording.
        package var minute = Money(micros: 50_000)
    }

    /// The settings of turns whose outcome is unknown, because the process was killed.
    package struct Uncertain: Equatable, Sendable {
        /// A turn that holds less than this is asked again by itself, once; zero for none.
        package var askAgainBelow = Money(micros: 10_000)
    }

    /// The settings of the response cache.
    package struct Cache: Equatable, Sendable {
        /// The tenants that may receive a cached answer.
        package enum Scope: String, CaseIterable, Sendable {
            /// Any tenant, if the prompt carries nothing of the first tenant's, or beside the
            /// question only a system text that ``common`` tenants have sent.
            case safe
            /// Any tenant, whatever the prompt carries.
            case shared
            /// The same tenant only.
            case tenant
            /// No tenant. Nothing is cached.
            case off
        }

        /// The memory that it may hold in this process.
        package var memory = ByteCount.mebibytes(8)
        /// The lifetime of an answer.
        package var ttl = Duration.seconds(3_600)
        /// The tenants that may receive a cached answer.
        package var scope = Scope.safe
        /// The number of different tenants after which a system text is nobody's secret.
        ///
        /// 0 keeps all answers to prompts with a system text apart.
        package var common = 3
        /// The highest temperature of a request that may be answered from the cache.
        package var maxTemperature = 0.5
    }

    /// The settings of the tenants' files on disk.
    package struct Files: Equatable, Sendable {
        /// The time for which a file is kept after it was last used.
        package var keep = Duration.seconds(30 * 86_400)
        /// Percent of the room that Berth uses, of all that it can have, above which the files that
        /// were used longest ago are deleted.
        package var highWaterPercent = 80
        /// Percent of the room down to which they are deleted.
        ///
        /// Less than ``highWaterPercent``.
        package var lowWaterPercent = 70
        /// The largest size of a file that is deleted when the disk is full, so that the database can still
        /// write.
        package var ballast = ByteCount.mebibytes(64)
    }
}
