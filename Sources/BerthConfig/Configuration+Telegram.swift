extension Configuration {
    /// A Telegram bot.
    package struct Telegram: Equatable, Sendable {
        /// The way in which updates arrive.
        package enum Mode: String, CaseIterable, Sendable {
            case polling
            case webhook
        }

        /// The way in which an answer is shown while it is made.
        package enum Stream: String, CaseIterable, Sendable {
            /// As drafts in private chats whose server knows them, else as edits.
            case drafts
            /// As edits of the message.
            case edits
            /// Not at all: the whole answer is sent.
            case off
        }

        /// The calls that Telegram permits.
        package struct Limits: Equatable, Sendable {
            /// Calls a minute in a chat with one person.
            package var chatPerMinute = 60
            /// Calls a minute in a group.
            package var groupPerMinute = 20
            /// Calls a second in all chats together.
            package var perSecond = 30

            /// Makes the limits that Telegram names.
            package init() {}
        }

        /// The token from @BotFather.
        package var token: Secret
        /// The bot's id, which begins its token.
        package var id: Int
        /// The name in logs and metrics: the key `name`, else the id.
        package var name: String
        /// Telegram's server, or a local one.
        package var apiBase: WebURL
        /// The way in which updates arrive.
        package var mode = Mode.polling
        /// The secret that each webhook request must carry.
        ///
        /// Set if ``mode`` is webhook.
        package var secret: Secret?
        /// The user id of the person who approves strangers, or nil.
        package var operatorID: Int?
        /// The calls that Telegram permits.
        package var limits = Limits()
        /// The way in which an answer is shown while it is made.
        package var stream = Stream.drafts
        /// Whether long code and long answers are sent as a file.
        package var longAnswersAsFile = true

        /// Telegram's own server.
        package static let vendorURL = "https://api.telegram.org"
        /// The most bots.
        static let most = 16

        /// Makes a bot with the defaults.
        ///
        /// - Returns: nil if the token does not begin with an id.
        package init?(token: Secret, apiBase: WebURL) {
            guard let id = Self.id(of: token.reveal()) else { return nil }
            (self.token, self.id, self.apiBase) = (token, id, apiBase)
            name = "\(id)"
        }

        /// Whether ``apiBase`` is Telegram's own server.
        package var isAtVendor: Bool { apiBase.description == Self.vendorURL }

        /// The id that begins a token, or nil if it begins with none.
        static func id(of token: String) -> Int? {
            let digits = token.prefix { $0 != ":" }
            guard digits.count < token.count, digits.allSatisfy({ $0.isASCII && $0.isNumber })
            else { return nil }
            return Int(digits).flatMap { $0 > 0 ? $0 : nil }
        }
    }
}

extension Configuration.Telegram {
    /// Reads the bots and reports two with one name or one token.
    static func bots(reading root: Section) -> [Configuration.Telegram] {
        let sections = root.oneOrMore("telegram", most: most, absent: "not set: no Telegram")
        var bots: [Configuration.Telegram] = []
        for section in sections {
            guard let bot = Self(reading: section) else { continue }
            if bots.contains(where: { $0.id == bot.id }) {
                section.report("token", "two bots have one token: only one can receive updates")
            } else if bots.contains(where: { $0.name == bot.name }) {
                section.report("name", "two bots are called \(Quote.value(bot.name))")
            }
            bots.append(bot)
        }
        return bots
    }

    private init?(reading section: Section) {
        let token = section.required("token", .botToken)
        let name = section.optional("name", .botName, absent: "the bot's id")
        guard var base = WebURL(Self.vendorURL) else { return nil }
        section.read("api_base", into: &base, .url)
        // The other keys of a bot without a token are checked too.
        guard var bot = Self(token: token ?? Secret("1:a"), apiBase: base) else { return nil }
        if let name { bot.name = name }
        bot.read(section)
        guard token != nil else { return nil }
        self = bot
    }

    private mutating func read(_ section: Section) {
        section.read("mode", into: &mode, .choice(Mode.self))
        secret = section.optional("secret", .webhookSecret, absent: "only for mode webhook")
        if mode == .webhook, !section.has("secret") {
            section.report(
                nil,
                "mode webhook needs 'secret': 1 to 256 letters, digits, _ and - that only "
                    + "Telegram and Berth know"
            )
        }
        operatorID = section.optional(
            "operator",
            .integer(1...1 << 52),
            absent: "strangers are approved with berth tenant approve"
        )
        let bounds = section.section("limits")
        bounds.read("chat_per_minute", into: &limits.chatPerMinute, .integer(1...6_000))
        bounds.read("group_per_minute", into: &limits.groupPerMinute, .integer(1...6_000))
        bounds.read("per_second", into: &limits.perSecond, .integer(1...1_000))
        section.read("stream", into: &stream, .choice(Stream.self))
        section.read("long_answers_as_file", into: &longAnswersAsFile, .boolean)
    }
}
