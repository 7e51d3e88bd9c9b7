import BerthBot
package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// Telegram's bots as a channel: updates come by polling or webhooks, replies go through the outbox.
@Loop package final class TelegramChannel: Channel {
    /// The channel's name in places.
    package nonisolated let name = ChannelName.telegram
    /// Replies go through the outbox.
    package nonisolated let usesOutbox = true
    private let receivers: [Int: TelegramReceiver]
    private let delivery: TelegramDelivery
    private let memory: MemoryAccount
    private let formatting: TelegramFormatting
    private let surroundings: Surroundings
    private let order: [Int]
    /// Whether a stranger's call of the webhook was logged.
    private var hasWarned = false

    /// The largest body of a webhook's request.
    static nonisolated let mostBody = ByteCount.mebibytes(1)
    /// The memory of the bodies of webhooks' requests.
    static nonisolated let mostBodies = ByteCount.mebibytes(8)

    /// The plan of the channel, or nil if the configuration names no bot.
    package static nonisolated func plan(_ configuration: Configuration) -> ChannelPlan? {
        guard !configuration.telegram.isEmpty else { return nil }
        let replies = TelegramReplies(configuration.telegram)
        return ChannelPlan(name: .telegram, replies: replies) { bot, surroundings in
            TelegramChannel(configuration, bot, in: surroundings)
        }
    }

    private init(_ configuration: Configuration, _ bot: Bot, in surroundings: Surroundings) {
        let most = Self.mostBodies + TelegramFormatting.memory
        memory = bot.resources.budget.sharedAccount("telegram", quota: most)
        formatting = TelegramFormatting(memory)
        let metrics = TelegramMetrics(configuration.telegram.map(\.name), in: surroundings)
        var (receivers, bots) = ([Int: TelegramReceiver](), [Int: TelegramBot]())
        for settings in configuration.telegram {
            let own = TelegramBot(
                settings,
                over: bot.resources.client,
                counting: metrics,
                in: surroundings
            )
            bots[settings.id] = own
            receivers[settings.id] = TelegramReceiver(
                own,
                bot,
                hook: Self.hook(of: settings, configuration),
                counting: metrics,
                in: surroundings
            )
            bot.faults.watch { own.standing.words }
            bot.faults.watchProgress { own.standing.stuck }
        }
        bot.people.announces(on: .telegram) { [bots, unowned bot] request, isApproved in
            guard let place = TelegramPlace(request.place), let own = bots[place.bot] else {
                return
            }
            let words = isApproved ? TelegramPhrase.accessApproved : .accessDeclined
            let person = request.person
            let tenant = try? await bot.people.tenant(of: person)
            let language = tenant?.language ?? .english
            await own.say(words.text(in: language), at: place, surroundings.log)
        }
        (self.receivers, order) = (receivers, configuration.telegram.map(\.id))
        delivery = TelegramDelivery(bot, bots)
        self.surroundings = surroundings
    }

    /// The URL at which a service takes a bot's updates.
    package static nonisolated func hook(
        of bot: Configuration.Telegram,
        _ configuration: Configuration
    ) -> String {
        "\(configuration.url)/telegram/\(bot.id)"
    }

    /// The webhooks.
    package var routes: [Route] {
        [
            Route("POST", "/telegram/:bot") { [self] request, values in
                guard let id = Int(values[0]), let receiver = receivers[id],
                    let secret = receiver.own.settings.secret,
                    receiver.own.settings.mode == .webhook
                else { return .error(404, "there is no such page") }
                return await take(request, receiver, secret)
            }
        ]
    }

    /// The receivers of the bots, and the memory of formatting.
    package var services: [any Service] { [formatting] + order.compactMap { receivers[$0] } }

    /// Delivers a part of a reply.
    ///
    /// - Throws: ``DeliveryError``.
    package func deliver(_ attempt: DeliveryAttempt) async throws(DeliveryError) -> String? {
        try await delivery.deliver(attempt)
    }

    /// Takes an update that Telegram brings, and confirms it when it is stored.
    private func take(
        _ request: HTTPRequest,
        _ receiver: TelegramReceiver,
        _ secret: Secret
    ) async -> HTTPResponse {
        let given = request.headers["x-telegram-bot-api-secret-token"] ?? ""
        guard Secret256.isSame(Secret256.hash(given), Secret256.hash(secret.reveal())) else {
            if !hasWarned {
                hasWarned = true
                surroundings.log.warning(
                    "telegram: a webhook was called without its secret",
                    ["bot": .text(receiver.own.name), "peer": .describing(request.peer)]
                )
            }
            return .error(401, "this page is for Telegram alone")
        }
        guard receiver.intake.isReady, receiver.intake.hasRoom else {
            return .error(503, "too many updates wait: send it again later")
        }
        do throws(BotError) {
            let body = try await LeasedBody(
                request,
                account: memory,
                limit: Self.mostBody,
                in: surroundings
            ) { ByteCount(3 * $0.bytes) }
            let bytes = body.bytes
            let update = await LargeWork.run(on: bytes.count) { TelegramUpdate(json: bytes) }
            // An update that is none would be sent again without end.
            guard let update else { return HTTPResponse(status: 200) }
            do { try await receiver.intake.take([update]) } catch { throw .store(error) }
            receiver.wasCalled()
            return HTTPResponse(status: 200)
        } catch {
            return HTTPResponse(error)
        }
    }
}
