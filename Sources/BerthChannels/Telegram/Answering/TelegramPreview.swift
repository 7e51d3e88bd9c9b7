import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry

/// The view of an answer while it is written: drafts in a private chat, edits of a message elsewhere,
/// and the sign that the bot types.
///
/// Every call of a preview may be left out. The outbox delivers the whole answer.
@Loop final class TelegramPreview {
    /// The id of its drafts, not 0.
    let draft: Int
    /// The owner, which remembers it until its answer is sent.
    private unowned let own: TelegramBot
    /// The place of its messages, and the message that they quote.
    let target: TelegramTarget
    private let turn: LiveTurn
    private let store: any Store
    private let surroundings: Surroundings
    private var way: Configuration.Telegram.Stream
    private var stream = TelegramStream()
    /// The last finished message, which is shown until another one begins.
    private var last: TelegramPart?
    private var isDirty = false
    private var isClosed = false
    private var isCalling = false
    private var callers: [Wakeup] = []
    /// The message that is edited, or nil before the first.
    private var message: Int?
    private var shown: Instant?
    private var signed: Instant?

    /// The time between two looks.
    private static let interval = Duration.seconds(1)
    /// The time after which the sign is shown again, which clients show for 5 s.
    private static let signTime = Duration.milliseconds(4_500)
    /// The time after which a draft is shown again, which clients show for 30 s.
    private static let draftTime = Duration.seconds(20)
    /// The memory of a preview: the open block and the open message.
    static nonisolated let memory = ByteCount.kibibytes(64)

    init(
        _ turn: LiveTurn,
        at target: TelegramTarget,
        draft: Int,
        of own: TelegramBot,
        keeping store: any Store,
        in surroundings: Surroundings
    ) {
        (self.turn, self.target, self.draft, self.own) = (turn, target, draft, own)
        (self.store, self.surroundings) = (store, surroundings)
        let drafts = !target.isGroup && !own.lacksDrafts
        way = own.settings.stream == .drafts && !drafts ? .edits : own.settings.stream
    }

    /// Whether it shows this draft in a chat.
    func shows(draft: Int, in chat: Int) -> Bool { draft == self.draft && chat == target.chat }

    /// Ends the answer at its author's wish.
    func stopTurn() { turn.stop() }

    /// Shows the answer until its end.
    func run() async {
        let pool = TaskPool()
        let ticker = pool.spawn { await self.tick() }
        let reader = turn.reader()
        defer { reader.close() }
        while let event = try? await reader.next() {
            switch event {
            case .text(let text):
                stream.push(text)
                last = stream.take().last ?? last
                isDirty = true
            case .ended: break
            case .place, .progress, .reasoning: continue
            }
        }
        _ = await close()
        ticker.cancel()
        await pool.drain()
    }

    /// Shows nothing more, and returns when no call is under way.
    ///
    /// - Returns: the message that was edited, or nil.
    func close() async -> Int? {
        isClosed = true
        while isCalling {
            let caller = Wakeup()
            callers.append(caller)
            do { try await caller.wait() } catch { break }
        }
        return message
    }

    private func tick() async {
        while !isClosed, !Task.isCancelled {
            await step()
            do { try await surroundings.clock.sleep(for: Self.interval) } catch { return }
        }
    }

    private func step() async {
        let now = surroundings.clock.now
        let isOld = way == .drafts && shown.map { now - $0 >= Self.draftTime } ?? false
        let wantsText = way != .off && (isDirty || isOld)
        let wantsSign = shown == nil && signed.map { now - $0 >= Self.signTime } ?? true
        guard wantsText || wantsSign, let slot = own.budget.preview(in: target.chat) else { return }
        defer { own.budget.end(slot) }
        isCalling = true
        if wantsText, let part = stream.unfinished.last ?? last {
            isDirty = false
            await show(part)
        } else {
            signed = now
            await sign()
        }
        isCalling = false
        for caller in callers { caller.signal() }
        callers = []
    }

    private func sign() async {
        let action: TelegramAction = turn.progress == nil ? .typing : .uploadPhoto
        do throws(TelegramFailure) { try await own.client.act(action, in: target) } catch {
            own.note(error, in: target.chat)
        }
    }

    private func show(_ part: TelegramPart) async {
        do throws(TelegramFailure) {
            if way == .drafts {
                try await own.client.draft(part, as: draft, to: target, canStop: true)
            } else if let message {
                try await own.client.edit(message, in: target.chat, to: part, buttons: stop)
            } else {
                let sent = try await own.client.send(part, to: target, buttons: stop)
                message = sent
                await keep(sent)
            }
            shown = surroundings.clock.now
        } catch {
            own.note(error, in: target.chat)
            fall(back: error)
        }
    }

    /// Has the first part of the reply take the message's place, also after a kill.
    private func keep(_ message: Int) async {
        guard let row = turn.row else { return }
        do { try await store.keepPreview("\(message)", of: row) } catch {
            surroundings.log.warning(
                "telegram: the message of a preview was not recorded",
                ["bot": .text(own.name), "why": .describing(error)]
            )
        }
    }

    private func fall(back failure: TelegramFailure) {
        switch failure {
        case .flood, .notSent, .cancelled: isDirty = true
        case .unknownMethod where way == .drafts:
            own.lacksDrafts = true
            (way, isDirty) = (.edits, true)
        case .refused where way == .drafts: (way, isDirty) = (.edits, true)
        case .unknown where way == .drafts || message != nil: isDirty = true
        // A second message could stay there beside the answer.
        default: way = .off
        }
    }

    private var stop: [[TelegramButton]] {
        let words = TelegramPhrase.buttonStop.text(in: turn.language)
        return [[TelegramButton(text: words, data: TelegramButtonData.stop.text)]]
    }
}
