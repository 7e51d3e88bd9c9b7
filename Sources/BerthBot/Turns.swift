import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText

/// Turns: a message is written down, answered, and its answer written down.
///
/// One turn at a time in a session. A turn is on the disk before ``begin(_:in:by:)`` returns, and
/// goes on when whoever began it leaves.
@Loop package final class Turns: Service {
    let database: Database
    private let conversations: Conversations
    private let calls: ChatCalls
    private let models: ModelCatalog
    private let commands: Commands
    private let system: String
    let surroundings: Surroundings
    private let answerer: TurnAnswerer
    let pool = TaskPool()
    private var live: [String: LiveTurn] = [:]
    /// By the session's public name: row numbers are given again when a tenant is removed.
    var busy: [String: BusySession] = [:]
    private(set) var isStopping = false

    /// The longest message.
    package static nonisolated let textLimit = ByteCount.kibibytes(32)
    /// How long running answers may go on after the stop; then they are kept as far as they came.
    private static nonisolated let grace = Duration.seconds(10)

    /// Makes the turns.
    ///
    /// `system` is the standing instruction of every prompt, or empty.
    init(
        conversations: Conversations,
        calls: ChatCalls,
        answerer: TurnAnswerer,
        commands: Commands,
        system: String,
        in surroundings: Surroundings
    ) {
        database = conversations.database
        self.conversations = conversations
        self.calls = calls
        models = conversations.models
        self.commands = commands
        self.system = system
        self.surroundings = surroundings
        self.answerer = answerer
    }

    /// Turns that are being answered.
    package var running: Int { live.count }

    // MARK: For channels

    /// Takes a message: a command is answered at once, anything else becomes a turn.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - publicID: of the conversation.
    ///   - tenant: who pays.
    ///   - request: for the log.
    ///   - isFresh: an answer that somebody was given before is not wanted.
    ///   - memory: paid for at the door, ``need(of:)`` of the message; nil: it stands in line here.
    /// - Returns: the turn; its row is on the disk.
    /// - Throws: ``BotError``; nothing is then written.
    package func begin(
        _ text: String,
        in publicID: String,
        by tenant: LiveTenant,
        request: String = "-",
        isFresh: Bool = false,
        memory: PrepaidMemory? = nil
    ) async throws(BotError) -> LiveTurn {
        guard !isStopping else { throw .stopping }
        let text = text.trimmed
        guard !text.isEmpty else { throw .emptyText }
        let size = ByteCount(text.utf8.count)
        guard size <= Turns.textLimit else { throw .textTooLong(size, limit: Turns.textLimit) }
        try tenant.mayAsk()
        let session = try await conversations.find(publicID, of: tenant)
        try tenant.mayAsk()  // again: it may have been suspended meanwhile
        if let command = Command(text) { return try await answer(command, session, tenant) }
        guard busy[publicID] == nil else { throw .sessionBusy }
        let place = BusySession(owner: tenant.row.id, session: publicID, request: request)
        busy[publicID] = place
        do throws(BotError) {
            let memory = try await paid(memory, size, tenant)
            guard !isStopping else { throw .stopping }
            try tenant.mayAsk()
            return try await accept(
                Message(text: text, isFresh: isFresh),
                session,
                tenant,
                place,
                memory
            )
        } catch {
            busy[publicID] = nil
            answerer.metrics.turns.add(1, "refused")
            throw error
        }
    }

    /// A turn that is being answered, or its end as the database has it.
    package func find(
        _ publicID: String,
        of tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        if let turn = running(publicID, of: tenant) { return turn }
        let row = try await stored(publicID, tenant)
        // Its row is there a moment before the turn itself is.
        if row.state.isOpen, let turn = running(publicID, of: tenant) { return turn }
        return try ended(row, tenant)
    }

    /// Ends a turn that is being answered; what came is kept.
    package func stop(_ publicID: String, by tenant: LiveTenant) throws(BotError) {
        guard let turn = running(publicID, of: tenant) else { throw .noTurn }
        turn.stop()
    }

    /// Asks again what a turn asked that has no whole answer.
    package func again(
        _ publicID: String,
        by tenant: LiveTenant,
        request: String = "-"
    ) async throws(BotError) -> LiveTurn {
        let (row, session) = try await storedWithSession(publicID, tenant)
        guard [.uncertain, .failed, .stopped].contains(row.state) else { throw .noTurn }
        return try await begin(row.text, in: session, by: tenant, request: request, isFresh: true)
    }

    /// Ends what is being answered, or just being accepted, in a session.
    ///
    /// - Returns: whether there was anything.
    @discardableResult
    func stop(session publicID: String) -> Bool {
        guard let place = busy[publicID] else { return false }
        place.stop()
        return true
    }

    /// Ends all that is being answered for a tenant.
    func stopAll(of tenant: LiveTenant) {
        // In the order of the sessions' names, so that a run can be repeated.
        let places = busy.keys.sorted().compactMap { busy[$0] }
        for place in places where place.owner == tenant.row.id { place.stop() }
    }

    private func running(_ publicID: String, of tenant: LiveTenant) -> LiveTurn? {
        live[publicID].flatMap { $0.owner == tenant.row.id ? $0 : nil }
    }

    // MARK: Accepting

    /// What a turn needs before it is written down, whose message has `size`: its prompt at worst, the
    /// beginning of its answer, its place in the queue.
    package func need(of size: ByteCount) -> ByteCount {
        Prompt.worstCase(size.bytes + system.utf8.count) + LiveTurn.step + ChatOrder.entrySize
    }

    /// The memory for a turn; without any the turn stands in line for it.
    func paid(
        _ memory: PrepaidMemory?,
        _ size: ByteCount,
        _ tenant: LiveTenant,
        within patience: Duration = PrepaidMemory.patience
    ) async throws(BotError) -> PrepaidMemory {
        if let memory { return memory }
        let (need, account) = (need(of: size), tenant.account)
        do {
            return try await PrepaidMemory(
                need,
                of: account,
                within: patience,
                by: surroundings.clock
            )
        } catch { throw .memory(error) }
    }

    /// Writes a turn down, unless it is stored already, and begins to answer it.
    func accept(
        _ message: Message,
        _ session: Session,
        _ tenant: LiveTenant,
        _ place: BusySession,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> LiveTurn {
        let (text, accepted) = (message.text, message.accepted)
        let chosen = session.model.map { models.candidates($0) } ?? []
        let candidates = chosen.isEmpty ? models.choices : chosen
        let question = Question(text, system: system)
        let turn: LiveTurn
        var window: MemoryLease
        do {
            turn = try LiveTurn(
                id: accepted?.publicID ?? Secret256.publicID(from: surroundings.entropy),
                session: session.publicID,
                of: tenant,
                memory
            )
            window = try memory.take(Prompt.worstCase(question), for: .sessionWindow)
        } catch { throw .memory(error) }
        let prompt = try await prompt(question, session, candidates[0], before: accepted?.id)
        window.shrink(to: ByteCount(prompt.request.bytes.count))
        var order = try prompt.order(
            candidates,
            tenant,
            memory: memory,
            requestID: place.request,
            since: surroundings.clock.now
        )
        .entered(listening: false)
        order.holding = LeaseHolder(window)
        memory.giveBackRest()
        let held = try calls.hold(order, needsRoom: accepted == nil)
        let row: Turn.ID
        do throws(BotError) {
            row =
                if let accepted { try await reopen(accepted) } else {
                    try await write(turn.id, text, session, order)
                }
        } catch {
            calls.release(held)
            throw error
        }
        order.turn = row
        held.reservation.turn = row
        let job = TurnJob(
            turn: turn,
            row: row,
            order: order,
            held: held,
            isFresh: message.isFresh
        )
        job.goOn(from: accepted)
        start(job, at: place)
        return turn
    }

    private func start(_ job: TurnJob, at place: BusySession) {
        let turn = job.turn
        live[turn.id] = turn
        place.turn = turn
        let task = pool.spawn { [self] in
            let outcome = await answerer.run(job, in: pool)
            live[turn.id] = nil
            busy[turn.session] = nil
            turn.end(outcome)
        }
        turn.onStop {
            job.isStopped = true
            task.cancel()
        }
        if place.isStopped { turn.stop() }
    }

    private func write(
        _ publicID: String,
        _ text: String,
        _ session: Session,
        _ order: ChatOrder
    ) async throws(BotError) -> Turn.ID {
        let (tenant, model, now) = (
            order.payer.row.id, order.models[0].id, surroundings.clock.timestamp
        )
        return try await database.change { (connection) throws(StoreError) in
            // The row may be another conversation's by now, when the tenant was removed.
            guard try connection.session(publicID: session.publicID)?.id == session.id else {
                throw .notFound(what: "conversation")
            }
            let turn = try connection.acceptTurn(
                publicID: publicID,
                session: session.id,
                tenant: tenant,
                text: text,
                model: model,
                at: now
            )
            if session.title.isEmpty { try connection.setTitle(text.title, of: session.id) }
            return turn
        }
    }

    private func prompt(
        _ question: Question,
        _ session: Session,
        _ model: ModelChoice,
        before turn: Turn.ID?
    ) async throws(BotError) -> Prompt {
        try Prompt.check(question, for: model)
        let history = question.isTranslation ? [] : try await window(of: session, before: turn)
        do {
            return try Prompt(question, history: history, budget: model.context - model.output)
        } catch { throw .body(error.description) }
    }

    /// What was said before; translations are shown in the history, but are no part of it.
    private func window(
        of session: Session,
        before turn: Turn.ID?
    ) async throws(BotError) -> [Exchange] {
        try await database.look { (connection) throws(StoreError) in
            try connection.window(
                of: session.id,
                before: turn,
                limit: Prompt.mostExchanges,
                bytes: Prompt.mostHistory * 4,
                where: { Translation($0) == nil }
            )
        }
    }

    // MARK: Commands and stored turns

    private func answer(
        _ command: Command,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        let text: String
        if command == .stop {
            text = stop(session: session.publicID) ? "Stopped." : "There is nothing to stop."
        } else {
            text = try await commands.answer(command, session, tenant)
        }
        let id = "command-\(Secret256.publicID(from: surroundings.entropy))"
        return try ended(id, session.publicID, text, tenant, TurnOutcome(.done, answer: ""))
    }

    private func ended(_ row: Turn, _ tenant: LiveTenant) throws(BotError) -> LiveTurn {
        // One that is accepted and not here is just being taken up again.
        let end = TurnOutcome.End(rawValue: row.state.rawValue) ?? .interrupted
        var outcome = TurnOutcome(end, answer: "", error: row.error)
        outcome.inputTokens = row.inputTokens
        outcome.outputTokens = row.outputTokens
        outcome.isEstimated = row.isEstimated
        return try ended(row.publicID, "", row.answer, tenant, outcome)
    }

    private func ended(
        _ id: String,
        _ session: String,
        _ text: String,
        _ tenant: LiveTenant,
        _ outcome: TurnOutcome
    ) throws(BotError) -> LiveTurn {
        do {
            let memory = PrepaidMemory(of: tenant.account)
            let turn = try LiveTurn(id: id, session: session, of: tenant, memory)
            try turn.append(text)
            turn.end(outcome)
            return turn
        } catch { throw .memory(error) }
    }

    private func stored(_ publicID: String, _ tenant: LiveTenant) async throws(BotError) -> Turn {
        let row = try await database.look { (connection) throws(StoreError) in
            try connection.turn(publicID: publicID)
        }
        guard let row, row.tenant == tenant.row.id else { throw .noTurn }
        return row
    }

    private func storedWithSession(
        _ publicID: String,
        _ tenant: LiveTenant
    ) async throws(BotError) -> (Turn, String) {
        let row = try await stored(publicID, tenant)
        let session = try await database.look { (connection) throws(StoreError) in
            try connection.session(row.session)
        }
        guard let session else { throw .noSession }
        return (row, session.publicID)
    }

    // MARK: Service

    /// Takes no more turns after the stop, lets running ones finish for a while, then keeps what
    /// they have.
    package func run(until stop: Stop) async throws {
        await stop.requested()
        isStopping = true
        calls.gate.stop()
        let timer = surroundings.clock.schedule(after: Turns.grace) { [pool] in pool.cancelAll() }
        defer { timer.cancel() }
        await pool.drain()
    }

    /// Ends every turn at once and returns when what they have is on the disk.
    func finish() async {
        isStopping = true
        pool.cancelAll()
        await pool.drain()
    }
}
