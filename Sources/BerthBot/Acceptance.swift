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
        for text: String,
        of payer: LiveTenant,
        within patience: Duration = PrepaidMemory.patience
    ) async throws(BotError) -> PrepaidMemory {
        let size = need(of: ByteCount(text.utf8.count))
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
        return try await draft.job { (session, model, inputs) throws(BotError) in
            let row = try await self.write(ready, id, session, model, inputs, payer)
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
        let question = Question(message.text, system: system, in: payer.language)
        let turn: LiveTurn
        var lease: MemoryLease
        do {
            turn = try LiveTurn(id: id, session: entry.session, of: payer, memory)
            lease = try memory.take(Prompt.worstCase(question), for: .sessionWindow)
        } catch { throw .memory(error) }
        let window = try await window(of: message, before: row, question, payer)
        message.isFresh = message.isFresh || window.isRepeated
        let sight = try await see(message, window, payer)
        turn.inputs = sight.inputs
        let model = sight.models[0]
        try Prompt.check(question, sight.inputs.count, for: model)
        let budget = model.context - model.output
        let prompt = try await Prompt.of(
            question,
            history: window.exchanges,
            pictures: sight.pictures,
            budget: budget
        )
        Loop.works(on: WorkLabel("prompt", tenant: payer.name, request: entry.request))
        try payer.mayAsk(in: window.session, at: message.place)
        sight.give(to: &lease)
        lease.shrink(to: ByteCount(prompt.request.bytes.count))
        var ask = Ask(
            prompt.request,
            sight.models,
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

    /// The models that may answer a message, with the pictures that they are to see.
    ///
    /// These are the message's own, or else those of the last exchange that had any if a model sees
    /// them and there is memory.
    private func see(
        _ message: Message,
        _ window: SessionWindow,
        _ payer: LiveTenant
    ) async throws(BotError) -> Sight {
        let chosen = (message.model ?? window.session.model).map { models.candidates($0) } ?? []
        let candidates = chosen.isEmpty ? models.choices : chosen
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
            throw .blind(chosen.isEmpty ? nil : candidates[0].id, seeing: others)
        }
        let inputs =
            message.files.isEmpty
            ? message.inputs : try await pictures.take(message.files, of: payer)
        let sight = try await pictures.show(inputs, of: nil, to: payer)
        (sight.models, sight.inputs) = (seeing, inputs)
        return sight
    }

    /// The session, the exchanges before the turn, and whether a new message repeats a question, in
    /// one read.
    ///
    /// A translation has no exchanges.
    private func window(
        of message: Message,
        before turn: Turn.ID?,
        _ question: Question,
        _ payer: LiveTenant
    ) async throws(BotError) -> SessionWindow {
        let (session, before) = (message.session, turn ?? message.beside)
        let asked = turn == nil ? message.digest : nil
        let repeated = asked.map { AskedQuestion(of: payer.row.id, digest: $0) }
        let limits = SessionWindow.Limits(
            exchanges: question.isTranslation ? 0 : Prompt.mostExchanges,
            bytes: Prompt.mostHistory * 4
        )
        let window = try await withBotErrors { () async throws(StoreError) in
            try await store.window(
                of: session,
                before: before,
                limits: limits,
                asking: repeated
            )
        }
        guard let window else { throw .noSession }
        return window
    }

    private func write(
        _ message: Message,
        _ id: String,
        _ session: Session,
        _ model: String,
        _ inputs: [TurnPicture],
        _ payer: LiveTenant
    ) async throws(BotError) -> Turn.ID {
        var draft = TurnDraft(
            publicID: id,
            session: session.id,
            tenant: payer.row.id,
            text: message.text
        )
        draft.kind = Translation(message.text) == nil ? .message : .translation
        (draft.model, draft.title, draft.claim) = (model, message.text.title, claim)
        (draft.inputs, draft.updates, draft.heard) = (inputs, message.updates, message.heard)
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
            @Loop (Session, String, [TurnPicture]) async throws(BotError) -> (
                Turn.ID, TurnMachine
            )
    ) async throws(BotError) -> TurnJob {
        let (row, machine) = try await write(session, ask.models[0].id, turn.inputs)
        guard let held = held.take() else { throw .noTurn }  // a draft is written once
        entry.place = session.place
        held.attach(to: row)
        ask.turn = row
        return TurnJob(turn, row: row, ask, held, at: entry, machine)
    }
}
