import BerthBot
import BerthConfig
import BerthLoop
import BerthStore
import BerthTelemetry
import BerthWork

/// Finds the tenants that Telegram's users are, and answers those who are none.
@Loop final class TelegramDoor {
    private let bot: Bot
    private let own: TelegramBot
    private let surroundings: Surroundings
    /// When a chat was last told that its writer has no access.
    private var told: [Int: Instant] = [:]

    /// The time after which a chat is told again that its writer has no access.
    static nonisolated let quiet = Duration.seconds(600)
    /// The most chats of people without access that are remembered.
    ///
    /// If there are more, nobody is told until the oldest time is over.
    static nonisolated let mostTold = 1_024

    init(_ bot: Bot, _ own: TelegramBot, in surroundings: Surroundings) {
        (self.bot, self.own, self.surroundings) = (bot, own, surroundings)
    }

    /// The name of a user of Telegram as a person.
    static func person(_ user: TelegramUser) -> Person {
        Person(channel: .telegram, external: "\(user.id)")
    }

    /// The tenant that a user is, or nil.
    func tenant(of user: TelegramUser) async throws(BotError) -> LiveTenant? {
        try await bot.people.tenant(of: Self.person(user))
    }

    /// Answers a message of a user who is no tenant.
    ///
    /// - Parameters:
    ///   - message: the message.
    ///   - place: its place.
    ///   - code: the code of an invitation, or nil if the message has none.
    /// - Returns: the tenant that the user has become, or nil.
    /// - Throws: ``BotError`` if the database fails.
    func meet(
        _ message: TelegramMessage,
        at place: TelegramPlace,
        code: String?
    ) async throws(BotError) -> LiveTenant? {
        let user = message.sender
        guard !place.isGroup else {
            await tell(.accessInGroup, user, at: place, answering: message.quoted)
            return nil
        }
        let (person, name) = (Self.person(user), user.username ?? user.name)
        let admission: People.Admission
        if let code, !code.isEmpty {
            admission = try await bot.people.admit(person, named: name, by: code)
        } else {
            admission = try await bot.people.meet(person, named: name, at: place.place)
        }
        switch admission {
        case .admitted(let tenant): return tenant
        case .asked(let request, isNew: true):
            await ask(about: request, user)
            await tell(.accessAsked, user, at: place, isOnce: false)
        case .asked(_, isNew: false): await tell(.accessWaiting, user, at: place)
        case .refused: await tell(.accessDeclined, user, at: place)
        case .wrongCode: await tell(.invitationInvalid, user, at: place, isOnce: false)
        case .notInvited: await tell(.accessByInvitation, user, at: place)
        case .full: await tell(.accessFull, user, at: place)
        }
        return nil
    }

    /// Asks the operator about a person, if the configuration names one.
    private func ask(about request: AccessRequest, _ user: TelegramUser) async {
        guard let chat = own.settings.operatorID else { return }
        let person = Person(channel: .telegram, external: "\(chat)")
        let language = (try? await bot.people.tenant(of: person))?.language ?? .english
        let buttons = [
            (TelegramPhrase.buttonApprove, true), (.buttonDecline, false),
        ].map { words, approves in
            TelegramButton(
                text: words.text(in: language),
                data: TelegramButtonData.decide(request.id, approves: approves).text
            )
        }
        let shown = user.username.map { "\(user.name) (@\($0))" } ?? user.name
        let name = String(
            shown.unicodeScalars.filter { !"*_`[]<>#|\\~".unicodeScalars.contains($0) }
        )
        await own.say(
            TelegramPhrase.operatorAsked(name).text(in: language),
            at: own.place(chat, nil),
            buttons: [buttons],
            surroundings.log
        )
    }

    /// Approves or refuses a person at the operator's press.
    ///
    /// - Returns: the words for the operator.
    /// - Throws: ``BotError``.
    func decide(
        _ id: AccessRequest.ID,
        approves: Bool,
        by user: TelegramUser
    ) async throws(BotError) -> TelegramPhrase {
        guard let chat = own.settings.operatorID, user.id == chat else { return .pressNotYours }
        guard let decided = try await bot.people.decide(id, approves: approves) else {
            return .pressTooOld
        }
        let (request, tenant) = decided
        return tenant == nil ? .operatorDeclined(request.name) : .operatorApproved(request.name)
    }

    /// Tells a person without access something, once in a while.
    private func tell(
        _ words: TelegramPhrase,
        _ user: TelegramUser,
        at place: TelegramPlace,
        answering message: Int? = nil,
        isOnce: Bool = true
    ) async {
        let now = surroundings.clock.now
        if isOnce, let last = told[place.chat], now - last < Self.quiet { return }
        if told.count >= Self.mostTold {
            told = told.filter { now - $0.value < Self.quiet }
            guard told.count < Self.mostTold else { return }
        }
        told[place.chat] = now
        await own.say(
            words.text(in: user.spoken),
            at: place,
            answering: message,
            surroundings.log
        )
    }
}
