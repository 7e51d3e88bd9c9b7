import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The acceptance of messages, from a message's arrival to its acknowledgement.
///
/// A message is accepted when its memory is paid for, its worst case is held against the payer's
/// quotas, and it is on the disk. Until then it can be refused, and nothing of it remains.
@Loop final class Acceptance {
    private let store: any Store
    private let models: ModelCatalog
    private let calls: PaidCalls
    private let pictures: MessagePictures
    private let texts: MessageTexts
    private let policy: WorkPolicy
    /// The standing instruction of every prompt, or "" for none.
    private let system: String
    private let surroundings: Surroundings
    /// The process, by a name that no other process has.
    private let owner: String

    /// A claim on a turn ends this long after it was taken or renewed.
    static nonisolated let claim = Duration.seconds(300)

    init(_ parts: Turns.Parts, in surroundings: Surroundings) {
        store = parts.store
        models = parts.models
        calls = parts.calls
        pictures = parts.pictures
        texts = parts.texts
        policy = parts.policy
        system = parts.system
        self.surroundings = surroundings
        owner = surroundings.entropy.bytes(8).hex
    }

    private var clock: any Clock { surroundings.clock }

    /// The claim of this process, from now on.
    var claim: TurnClaim {
        TurnClaim(owner: owner, until: clock.timestamp + Acceptance.claim)
    }

    // MARK: Memory

    /// The memory that a message of `size` needs: its prompt at worst, the beginning of its answer,
    /// its queue entry.
    func need(of size: ByteCount) -> ByteCount {
        Prompt.worstCase(size.bytes + system.utf8.count) + Broadcast.step + Ask.entrySize
    }

    /// Leases the memory of a message, and waits for it if there is none.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    func pay(
        for message: ByteCount,
        of payer: LiveTenant,
        within patience: Duration = PrepaidMemory.patience
    ) async throws(BotError) -> PrepaidMemory {
        let size = need(of: message)
        do {
            return try await PrepaidMemory(size, of: payer.account, within: patience, by: clock)
        } catch { throw .memory(error) }
    }

    // MARK: Accepting

    /// Accepts a message.
    ///
    /// - Parameters:
    ///   - message: not empty, and within the limit.
    ///   - payer: the tenant who writes and pays.
    ///   - entry: of the message's session.
    ///   - memory: that ``pay(for:of:within:)`` has leased.
    /// - Returns: the turn, which is on the disk and ready to run.
    /// - Throws: ``BotError``. Nothing is written then.
    func accept(
        _ message: Message,
        by payer: LiveTenant,
        at entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> TurnJob {
        let id = Secret256.publicID(from: surroundings.entropy)
        var message = message
        let draft = try await prepare(&message, id, nil, payer, entry, memory)
        let ready = message
        return try await draft.job { (session, model, turn) throws(BotError) in
            let row = try await self.write(ready, session, model, turn, payer)
            return (row, self.machine())
        }
    }

    /// Takes up a stored turn.
    ///
    /// An unfinished turn continues. A finished one is answered again from the start.
    ///
    /// The parameters are those of ``accept(_:by:at:_:)``.
    func takeUp(
        _ turn: Turn,
        at place: Place,
        isFresh: Bool = false,
        by payer: LiveTenant,
        at entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> TurnJob {
        var message = Message(turn.text, in: entry.session, isFresh: isFresh || turn.isFresh)
        message.wholeText = turn.wholeText
        (message.place, message.inputs, message.model) = (place, turn.inputs, turn.wish)
        let draft = try await prepare(&message, turn.publicID, turn.id, payer, entry, memory)
        return try await draft.job { (_, _, _) throws(BotError) in
            try await self.reopen(turn)
            return (turn.id, self.machine(turn))
        }
    }

    /// Prepares a turn, and notes in `message` whether its author has asked the same before.
    private func prepare(
        _ message: inout Message,
        _ id: String,
        _ row: Turn.ID?,
        _ payer: LiveTenant,
        _ entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> TurnDraftInMemory {
        try await texts.complete(&message, of: payer)
        let words = message.asked ?? message.text
        let (system, language) = (system, payer.language)
        var question = await LargeWork.run(on: words.utf8.count) {
            Question(words, system: system, in: language)
        }
        let turn: LiveTurn
        var lease: MemoryLease
        do {
            turn = try LiveTurn(id: id, session: entry.session, of: payer, memory)
            lease = try memory.take(Prompt.worstCase(question), for: .sessionWindow)
        } catch { throw .memory(error) }
        var window = try await window(of: message, before: row, question, payer, &lease)
        await texts.read(&window, of: payer)
        try Acceptance.add(&window, to: &question, of: payer, &lease)
        message.isFresh = message.isFresh || window.isRepeated
        let sight = try await see(message, window, payer)
        turn.inputs = sight.inputs
        let model = sight.models[0]
        try Prompt.check(question, sight.inputs.count, for: model)
        let budget = model.context - model.output
        let prompt = try await Prompt.of(
            question,
            window: window,
            pictures: sight.pictures,
            budget: budget
        )
        turn.note(prompt, after: message, window)
        Loop.works(on: WorkLabel("prompt", tenant: payer.name, request: entry.request))
        try payer.mayAsk(in: window.session, at: message.place)
        turn.wholeText = try await texts.file(of: message, of: payer)
        sight.give(to: &lease)
        lease.shrink(to: ByteCount(prompt.request.bytes.count))
        var ask = Ask(
            prompt.request,
            Acceptance.fitting(prompt, sight.models),
            payer,
            memory: memory,
            requestID: entry.request,
            since: clock.now
        )
        (ask.isContextFree, ask.kind) = (prompt.isContextFree, prompt.kind)
        (ask.isFresh, ask.retained) = (message.isFresh, LeaseHolder(lease))
        (ask.isOwn, ask.input) = (true, prompt.input)
        ask = try ask.entered(listening: false)
        memory.giveBackRest()
        let held = try calls.hold(ask, needsRoom: row == nil)
        return TurnDraftInMemory(turn, window.session, entry, ask, held)
    }

    /// Adds a person's instructions to a question, and leases the memory of them and of the summary.
    private static func add(
        _ window: inout SessionWindow,
        to question: inout Question,
        of payer: LiveTenant,
        _ lease: inout MemoryLease
    ) throws(BotError) {
        if !payer.row.hasOutlines { window.summary = nil }
        let own = window.instructions.bytes + (window.summary?.text.utf8.count ?? 0)
        do { try lease.grow(to: lease.count + ByteCount(3 * own), step: .zero) } catch {
            throw .memory(error)
        }
        question.add(window.instructions)
    }

    /// The models that may answer a message, with the pictures that they are to see.
    ///
    /// These are the message's own, or else those of the last exchange that had any if a model sees
    /// them and there is memory.
    private func see(
        _ message: Message,
        _ window: SessionWindow,
        _ payer: LiveTenant
    ) async throws(BotError) -> Sight {
        let candidates = candidates(message, window.session)
        let seeing = candidates.filter(\.hasVision)
        guard message.hasPictures else {
            guard !seeing.isEmpty, pictures.isOpen,
                let last = window.exchanges.first(where: { !$0.inputs.isEmpty }),
                let sight = try? await pictures.show(last.inputs, of: last.turn, to: payer)
            else { return Sight(candidates, of: payer) }
            sight.models = seeing
            return sight
        }
        guard !seeing.isEmpty else {
            let others = models.choices.filter(\.hasVision).map(\.id)
            let chosen = message.model ?? window.session.model
            let isKnown = chosen.map { !models.candidates($0).isEmpty } ?? false
            throw .blind(isKnown ? candidates[0].id : nil, seeing: others)
        }
        let inputs =
            message.files.isEmpty
            ? message.inputs : try await pictures.take(message.files, of: payer)
        let sight = try await pictures.show(inputs, of: nil, to: payer)
        (sight.models, sight.inputs) = (seeing, inputs)
        return sight
    }

    /// The models that may answer a message.
    private func candidates(_ message: Message, _ session: Session) -> [ModelChoice] {
        let chosen = (message.model ?? session.model).map { models.candidates($0) } ?? []
        return chosen.isEmpty ? models.choices : chosen
    }

    /// The models whose window has room for a prompt that was made for the first of them.
    private static func fitting(_ prompt: Prompt, _ models: [ModelChoice]) -> [ModelChoice] {
        let others = models.dropFirst().filter { prompt.input <= $0.context - $0.output }
        return [models[0]] + others
    }

    /// The session, the exchanges before the turn, and whether a new message repeats a question.
    ///
    /// This is one read, and a second one if the conversation is longer than ``Prompt/usualHistory``
    /// and the model's window has room for more of it. The more is leased before the second read. Of
    /// a conversation for which there is no memory, less is read. A translation has no exchanges.
    private func window(
        of message: Message,
        before turn: Turn.ID?,
        _ question: Question,
        _ payer: LiveTenant,
        _ lease: inout MemoryLease
    ) async throws(BotError) -> SessionWindow {
        let asked = turn == nil ? message.digest : nil
        let repeated = asked.map { AskedQuestion(of: payer.row.id, digest: $0) }
        let before = turn ?? message.beside
        var limits = SessionWindow.Limits(
            exchanges: question.isTranslation ? 0 : Prompt.mostExchanges,
            bytes: Prompt.usualHistory.bytes
        )
        let window = try await read(message, before, limits, repeated)
        var room = Prompt.history(of: candidates(message, window.session)[0])
        guard window.leftOut != nil, room > Prompt.usualHistory else { return window }
        let held = lease.count
        while room > Prompt.usualHistory {
            let more = ByteCount(3 * (room.bytes - Prompt.usualHistory.bytes))
            do throws(BudgetError) {
                // The call takes its own part later, and must find room for it.
                let call = try payer.account.lease(ChatCall.need(of: room), for: .sessionWindow)
                try lease.grow(to: held + more, step: .zero)
                _ = consume call
                break
            } catch { room = ByteCount(room.bytes / 2) }
        }
        guard room > Prompt.usualHistory else { return window }
        limits.bytes = room.bytes
        return try await read(message, before, limits, repeated)
    }

    private func read(
        _ message: Message,
        _ before: Turn.ID?,
        _ limits: SessionWindow.Limits,
        _ question: AskedQuestion?
    ) async throws(BotError) -> SessionWindow {
        let session = message.session
        let window = try await withBotErrors { () async throws(StoreError) in
            try await store.window(of: session, before: before, limits: limits, asking: question)
        }
        guard let window else { throw .noSession }
        return window
    }

    private func write(
        _ message: Message,
        _ session: Session,
        _ model: String,
        _ turn: LiveTurn,
        _ payer: LiveTenant
    ) async throws(BotError) -> Turn.ID {
        var draft = TurnDraft(
            publicID: turn.id,
            session: session.id,
            tenant: payer.row.id,
            text: message.text
        )
        draft.kind = Translation(message.text) == nil ? .message : .translation
        (draft.model, draft.title, draft.claim) = (model, message.text.title, claim)
        (draft.inputs, draft.leftOut) = (turn.inputs, turn.leftOut)
        draft.isSummarized = turn.isSummarized
        draft.wholeText = turn.wholeText
        (draft.updates, draft.heard) = (message.updates, message.heard)
        (draft.isFresh, draft.wish) = (message.isFresh, message.model)
        (draft.beside, draft.question) = (message.beside, message.digest)
        draft.isContinuation = message.isContinuation
        let (ready, now) = (draft, clock.timestamp)
        return try await withBotErrors { () async throws(StoreError) in
            try await store.acceptTurn(ready, at: now)
        }
    }

    /// Makes a turn that has ended an accepted one again.
    ///
    /// One that is accepted stays as it is.
    ///
    /// - Throws: ``BotError/noTurn`` if it was deleted or retried meanwhile.
    func reopen(_ turn: Turn) async throws(BotError) {
        guard turn.state != .accepted else { return }
        let isOpen = try await withBotErrors { () async throws(StoreError) in
            try await store.retryTurn(turn.id)
        }
        guard isOpen else { throw .noTurn }
    }

    func machine(_ turn: Turn? = nil) -> TurnMachine {
        let isOpen = turn?.state == .accepted
        return TurnMachine(
            attempts: isOpen ? turn?.attempts ?? 0 : 0,
            // The stored time may be far ahead if the machine's clock was.
            due: isOpen ? turn?.due.map { min($0, clock.even + policy.patience) } : nil,
            deadline: clock.now + policy.patience,
            backoff: policy.backoff
        )
    }
}

/// A turn whose worst case is held and that is about to be written down.
@Loop private final class TurnDraftInMemory {
    private let turn: LiveTurn
    private let session: Session
    private let entry: SessionGate.Entry
    private var ask: Ask
    private var held: Held?

    init(
        _ turn: LiveTurn,
        _ session: Session,
        _ entry: SessionGate.Entry,
        _ ask: Ask,
        _ held: consuming Held
    ) {
        self.turn = turn
        self.session = session
        self.entry = entry
        self.ask = ask
        self.held = consume held
    }

    isolated deinit {}

    /// Writes the turn and makes its job.
    ///
    /// - Throws: the error of `write`. The reservation is given back then.
    func job(
        _ write:
            @Loop (Session, String, LiveTurn) async throws(BotError) -> (
                Turn.ID, TurnMachine
            )
    ) async throws(BotError) -> TurnJob {
        let (row, machine) = try await write(session, ask.models[0].id, turn)
        guard let held = held.take() else { throw .noTurn }  // a draft is written once
        entry.place = session.place
        held.attach(to: row)
        ask.turn = row
        return TurnJob(turn, row: row, ask, held, at: entry, machine)
    }
}
