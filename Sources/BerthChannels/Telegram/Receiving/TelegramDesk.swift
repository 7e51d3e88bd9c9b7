import BerthBot
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// Does the work that updates bring: begins turns, answers commands and presses.
@Loop final class TelegramDesk {
    let bot: Bot
    let own: TelegramBot
    let door: TelegramDoor
    private let attachments: TelegramAttachments
    let surroundings: Surroundings
    private var drafts = 0

    /// The pause before work is tried again while the database fails.
    private static let pause = Duration.seconds(5)
    /// The turns of a conversation among which the text of an edited message is looked for.
    private static let mostEdited = 5
    /// The most previews that are remembered.
    private static let mostPreviews = 256

    init(_ bot: Bot, _ own: TelegramBot, in surroundings: Surroundings) {
        (self.bot, self.own, self.surroundings) = (bot, own, surroundings)
        door = TelegramDoor(bot, own, in: surroundings)
        attachments = TelegramAttachments(bot, own.client, in: surroundings)
    }

    private var store: any Store { bot.resources.store }

    /// Does a job, and tries again while the database fails.
    ///
    /// Its updates are finished then, unless the service stops.
    func work(_ job: TelegramJob) async {
        while !Task.isCancelled {
            do throws(BotError) {
                try await act(job)
                return
            } catch {
                switch error {
                case .stopping: return
                case .store: break
                default:
                    report(error)
                    try? await finish(job.updates)
                    return
                }
                report(error)
            }
            do { try await surroundings.clock.sleep(for: Self.pause) } catch { return }
        }
    }

    private func report(_ error: BotError) {
        surroundings.log.warning(
            "telegram: an update was not answered",
            ["bot": .text(own.name), "why": .text(error.forOperator)]
        )
    }

    /// Finishes updates that need no other change.
    func finish(_ updates: [ChannelUpdate]) async throws(BotError) {
        guard !updates.isEmpty else { return }
        let now = surroundings.clock.timestamp
        do { _ = try await store.finishUpdates(updates, at: now) } catch { throw .store(error) }
    }

    private func act(_ job: TelegramJob) async throws(BotError) {
        switch job.work {
        case .again(let turn, let isRest, let user, let place):
            try await again(turn, isRest: isRest, of: user, at: place, job.updates)
        case .tooMany(let count, let user, let place):
            try await tellTooMany(count, user, at: place)
        case .event(let event): try await act(on: event, job.updates)
        }
    }

    private func act(
        on event: TelegramEvent,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        switch event {
        case .message(let message): try await take(message, updates)
        case .edited(let message): try await take(message, updates, isEdited: true)
        case .command(let message, let name, let arguments):
            try await take(message, updates, code: name == "start" ? arguments : "")
        case .button(let press): try await take(press, updates)
        case .membership(let change): try await take(change, updates)
        case .migrated(let old, let new):
            let (from, to) = (own.place(old, nil).chatName, own.place(new, nil).chatName)
            do { try await store.moveChat(from, to: to, on: .telegram) } catch {
                throw .store(error)
            }
            own.budget.migrated(old, to: new)
            try await finish(updates)
        case .stopped(let chat, let draft):
            own.previews.values.first { $0.shows(draft: draft, in: chat.id) }?.stopTurn()
            try await finish(updates)
        case .ignored: try await finish(updates)
        }
    }

    // MARK: Messages

    private func take(
        _ message: TelegramMessage,
        _ updates: [ChannelUpdate],
        code: String? = nil,
        isEdited: Bool = false
    ) async throws(BotError) {
        let place = own.place(message.chat.id, message.topic)
        guard message.isForBot else { return try await finish(updates) }
        let known = try await door.tenant(of: message.sender)
        var isNew = false
        let tenant: LiveTenant
        if let known {
            tenant = known
        } else {
            guard let met = try await door.meet(message, at: place, code: code) else {
                return try await finish(updates)
            }
            (tenant, isNew) = (met, true)
        }
        if message.sender.language != nil {
            try await bot.tenants.hear(message.sender.spoken, from: tenant)
        }
        guard let session = try await session(at: place, message, tenant) else {
            return try await finish(updates)
        }
        if isNew, let code, !code.isEmpty {
            let words = TelegramPhrase.welcome.text(in: tenant.language)
            return try await tell(words, message, in: session, to: tenant, updates)
        }
        if isEdited, try await hasAsked(message.text, session) { return try await finish(updates) }
        try await ask(message, isCommand: code != nil, in: session, by: tenant, updates)
    }

    /// The conversation of a place, or nil after the person was told why there is none.
    private func session(
        at place: TelegramPlace,
        _ message: TelegramMessage,
        _ tenant: LiveTenant
    ) async throws(BotError) -> Session? {
        do throws(BotError) {
            return try await bot.conversations.open(
                at: place.place,
                isGroup: message.chat.isGroup,
                for: tenant
            )
        } catch {
            if case .store = error { throw error }
            let words = Phrase.refusal(error).text(in: tenant.language)
            await own.say(words, at: place, answering: message.quoted, surroundings.log)
            return nil
        }
    }

    /// Whether one of the last messages of a conversation has this text.
    private func hasAsked(_ text: String, _ session: Session) async throws(BotError) -> Bool {
        do {
            let page = try await store.history(
                of: session.id,
                before: nil,
                limit: Self.mostEdited,
                bytes: .max
            )
            return page?.turns.contains { $0.text.hasBytes(of: text) } ?? false
        } catch { throw .store(error) }
    }

    private func ask(
        _ message: TelegramMessage,
        isCommand: Bool,
        in session: Session,
        by tenant: LiveTenant,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        let question: TelegramAttachments.Question
        do throws(BotError) {
            question = try await read(message, isCommand: isCommand, tenant, updates)
        } catch {
            if case .store = error { throw error }
            if Task.isCancelled { throw .stopping }
            let words = Phrase.refusal(error).text(in: tenant.language)
            return try await tell(words, message, in: session, to: tenant, updates)
        }
        let notes = question.notes.map { $0.phrase.text(in: tenant.language) }.joined(
            separator: "\n\n"
        )
        guard !question.isEmpty else {
            let words = notes.isEmpty ? TelegramPhrase.unreadOther.text(in: tenant.language) : notes
            return try await tell(words, message, in: session, to: tenant, updates)
        }
        var heard = HeardMessage(question.text, updates: updates)
        (heard.files, heard.id) = (question.files, message.quoted.map { "\($0)" })
        try await run(in: session, for: tenant, heard) { () throws(BotError) in
            let turn = try await bot.turns.begin(heard, at: session, by: tenant)
            if !notes.isEmpty { try? await tell(notes, message, in: session, to: tenant, []) }
            return turn
        }
    }

    /// Tells the sender of a message something in the conversation.
    private func tell(
        _ words: String,
        _ message: TelegramMessage,
        in session: Session,
        to tenant: LiveTenant,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        try await bot.turns.tell(
            words,
            in: session,
            to: tenant,
            finishing: updates,
            answering: message.quoted.map { "\($0)" }
        )
    }

    /// A message with its attachments, or a command as it stands.
    private func read(
        _ message: TelegramMessage,
        isCommand: Bool,
        _ tenant: LiveTenant,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) -> TelegramAttachments.Question {
        guard isCommand else {
            return try await attachments.question(of: message, from: tenant, updates: updates)
        }
        var question = TelegramAttachments.Question()
        let answered = message.context?.text ?? ""
        question.text =
            HeardMessage.translation(message.text, of: answered, orInto: tenant.language)
            ?? message.text
        return question
    }

    /// Begins a turn when the conversation is free, and shows it until its end.
    ///
    /// A command does not wait.
    ///
    /// A refusal is told in the conversation.
    private func run(
        in session: Session,
        for tenant: LiveTenant,
        _ heard: HeardMessage,
        _ begin: () async throws(BotError) -> LiveTurn
    ) async throws(BotError) {
        let turn: LiveTurn
        while true {
            do throws(BotError) {
                turn = try await begin()
                break
            } catch {
                if Task.isCancelled { throw .stopping }
                switch error {
                case .sessionBusy:
                    do { try await bot.turns.whenFree(session) } catch { throw .stopping }
                case .stopping, .store: throw error
                default:
                    let words = Phrase.refusal(error).text(in: tenant.language)
                    return try await bot.turns.tell(
                        words,
                        in: session,
                        to: tenant,
                        finishing: heard.updates,
                        answering: heard.id
                    )
                }
            }
        }
        await show(turn, in: session, to: tenant, heard)
    }

    /// Shows a turn while it is answered.
    private func show(
        _ turn: LiveTurn,
        in session: Session,
        to tenant: LiveTenant,
        _ heard: HeardMessage
    ) async {
        guard let row = turn.row, turn.outcome == nil, let place = TelegramPlace(session.place)
        else { return }
        // Without memory the answer comes without a preview.
        let holder: LeaseHolder
        do {
            holder = LeaseHolder(
                try tenant.account.lease(TelegramPreview.memory, for: .queueEntry)
            )
        } catch { return await wait(for: turn) }
        defer { _ = holder }
        drafts = drafts % 1_000_000_000 + 1
        let preview = TelegramPreview(
            turn,
            at: place.target(answering: heard.id.flatMap { Int($0) }),
            draft: drafts,
            of: own,
            keeping: store,
            in: surroundings
        )
        if own.previews.count >= Self.mostPreviews, let oldest = own.previews.keys.min() {
            own.previews[oldest] = nil
        }
        own.previews[row] = preview
        await preview.run()
        // An answer that goes on at the next start finds the message in the database.
        if await preview.close() == nil || turn.outcome?.end == .interrupted {
            own.previews[row] = nil
        }
    }

    private func wait(for turn: LiveTurn) async {
        let reader = turn.reader()
        while (try? await reader.next()) != nil {}
        reader.close()
    }

    private func again(
        _ turn: Turn.ID,
        isRest: Bool,
        of user: TelegramUser,
        at place: TelegramPlace,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        guard let tenant = try await door.tenant(of: user),
            let session = try? await bot.conversations.find(at: place.place, for: tenant),
            let ended = try? await bot.turns.ended(turn, at: session, of: tenant),
            !isRest || ended.ending == .length
        else { return try await finish(updates) }
        var heard = HeardMessage(ended.text, updates: updates)
        heard.id = ended.heard
        try await run(in: session, for: tenant, heard) { () throws(BotError) in
            if isRest {
                return try await bot.turns.goOn(turn, at: session, by: tenant, finishing: updates)
            }
            return try await bot.turns.again(turn, at: session, by: tenant, finishing: updates)
        }
    }

    /// Tells a person at a place that messages were left out.
    private func tellTooMany(
        _ count: Int,
        _ user: TelegramUser,
        at place: TelegramPlace
    ) async throws(BotError) {
        let tenant = try await door.tenant(of: user)
        let words = TelegramPhrase.tooMany(count).text(in: tenant?.language ?? user.spoken)
        if let tenant,
            let session = try? await bot.conversations.find(at: place.place, for: tenant)
        {
            return try await bot.turns.tell(words, in: session, to: tenant, finishing: [])
        }
        await own.say(words, at: place, surroundings.log)
    }

    private func take(
        _ change: TelegramMembership,
        _ updates: [ChannelUpdate]
    ) async throws(BotError) {
        if !change.isMember {
            let chat = own.place(change.chat.id, nil).chatName
            let (reason, now) = (
                "the bot was \(change.change.rawValue)", surroundings.clock.timestamp
            )
            do {
                _ = try await store.failOutbox(
                    to: chat,
                    on: .telegram,
                    because: reason,
                    at: now
                )
            } catch { throw .store(error) }
        }
        try await finish(updates)
    }
}
