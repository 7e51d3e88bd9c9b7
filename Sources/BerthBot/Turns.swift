import BerthHTTP
package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthStore
package import BerthTelemetry

/// Turns: a message is written down, answered, and its answer written down.
///
/// One turn at a time in a session. A turn is on the disk before ``begin(_:in:by:)`` returns, and
/// goes on when whoever began it leaves.
@Loop package final class Turns: Service {
    private let database: Database
    private let conversations: Conversations
    private let calls: ChatCalls
    private let meter: Meter
    private let models: ModelCatalog
    private let commands: Commands
    private let system: String
    private let clock: any Clock
    private let log: Log
    private let metrics: BotMetrics
    private let pool = TaskPool()
    private var live: [String: LiveTurn] = [:]
    /// Sessions whose turn is being accepted or answered, with the turn once it is accepted.
    private var busy: [Session.ID: LiveTurn?] = [:]
    private var isStopping = false

    /// The longest message.
    package static nonisolated let textLimit = ByteCount.kibibytes(32)
    /// How long running answers may go on after the stop; then they are kept as far as they came.
    private static nonisolated let grace = Duration.seconds(10)

    /// Makes the turns.
    ///
    /// - Parameter system: the standing instruction of every prompt; empty: none.
    package init(
        database: Database,
        conversations: Conversations,
        calls: ChatCalls,
        meter: Meter,
        models: ModelCatalog,
        commands: Commands,
        system: String,
        clock: any Clock,
        log: Log,
        metrics: BotMetrics
    ) {
        self.database = database
        self.conversations = conversations
        self.calls = calls
        self.meter = meter
        self.models = models
        self.commands = commands
        self.system = system
        self.clock = clock
        self.log = log
        self.metrics = metrics
    }

    /// Turns that are being answered.
    package var running: Int { live.count }

    // MARK: For channels

    /// Takes a message: a command is answered at once, anything else becomes a turn.
    ///
    /// - Returns: the turn, on the disk and being answered.
    /// - Throws: ``BotError``; nothing is then written.
    package func begin(
        _ text: String,
        in publicID: String,
        by tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        guard !isStopping else { throw .stopping }
        let text = text.trimmed
        guard !text.isEmpty else { throw .emptyText }
        let size = ByteCount(text.utf8.count)
        guard size <= Turns.textLimit else { throw .textTooLong(size, limit: Turns.textLimit) }
        try tenant.mayAsk()
        let session = try await conversations.find(publicID, of: tenant)
        if let command = Command(text) { return try await answer(command, session, tenant) }
        guard busy[session.id] == nil else { throw .sessionBusy }
        busy[session.id] = .some(nil)
        do {
            return try await accept(text, session, tenant)
        } catch {
            busy[session.id] = nil
            metrics.turns.add(1, "refused")
            throw error
        }
    }

    /// A turn that is being answered, or its end as the database has it.
    package func find(
        _ publicID: String,
        of tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        if let turn = live[publicID], turn.tenant == tenant.name { return turn }
        let row = try await stored(publicID, tenant)
        return try ended(row, tenant)
    }

    /// Ends a turn that is being answered; what came is kept.
    package func stop(_ publicID: String, by tenant: LiveTenant) throws(BotError) {
        guard let turn = live[publicID], turn.tenant == tenant.name else { throw .noTurn }
        turn.stop()
    }

    /// Asks again what a turn asked that has no whole answer.
    package func again(
        _ publicID: String,
        by tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        let (row, session) = try await storedWithSession(publicID, tenant)
        guard [.interrupted, .failed, .stopped].contains(row.state) else { throw .noTurn }
        return try await begin(row.text, in: session, by: tenant)
    }

    // MARK: Accepting

    private func accept(
        _ text: String,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        let model = session.model.flatMap { models.find($0) } ?? models.choices[0]
        let prompt = try await prompt(text, session, model)
        let turn: LiveTurn
        let window: MemoryLease
        do {
            turn = try LiveTurn(
                id: Secret256.publicID(),
                session: session.publicID,
                account: tenant.account
            )
            window = try tenant.account.lease(
                ByteCount(prompt.request.bytes.count),
                for: .sessionWindow
            )
        } catch { throw .memory(error) }
        let (row, held) = try await write(turn.id, text, session, prompt, model, tenant)
        live[turn.id] = turn
        busy[session.id] = turn
        let call = calls.call(prompt.request, model, tenant)
        let job = TurnJob(
            turn: turn,
            row: row,
            session: session.id,
            call: call,
            held: held,
            window: window,
            accepted: clock.now
        )
        let task = pool.spawn { await self.run(job) }
        turn.onStop {
            job.isStopped = true
            task.cancel()
        }
        return turn
    }

    /// Writes the turn and its reservation, both or neither.
    private func write(
        _ publicID: String,
        _ text: String,
        _ session: Session,
        _ prompt: Prompt,
        _ model: ModelChoice,
        _ tenant: LiveTenant
    ) async throws(BotError) -> (Turn.ID, HeldCall) {
        let worstCase = meter.worstCase(
            model,
            input: prompt.tokens,
            output: model.output,
            for: tenant
        )
        let (quotas, now) = (tenant.dailyQuotas, clock.timestamp)
        do {
            return try await database.write { (connection) throws(StoreError) in
                let turn = try connection.acceptTurn(
                    publicID: publicID,
                    session: session.id,
                    tenant: worstCase.tenant,
                    text: text,
                    model: model.id,
                    at: now
                )
                var reservation = worstCase
                reservation.turn = turn
                let call = try connection.reserve(reservation, within: quotas, at: now)
                try connection.startTurn(turn)
                if session.title.isEmpty {
                    try connection.setTitle(text.title, of: session.id)
                }
                return (turn, HeldCall(id: call, model: model, input: prompt.tokens))
            }
        } catch { throw meter.refused(error) }
    }

    private func prompt(
        _ text: String,
        _ session: Session,
        _ model: ModelChoice
    ) async throws(BotError) -> Prompt {
        let history = try await database.look { (connection) throws(StoreError) in
            try connection.window(
                of: session.id,
                limit: Prompt.mostExchanges,
                bytes: Prompt.mostHistory * 4
            )
        }
        do {
            return try Prompt(
                system: system,
                history: history,
                text: text,
                budget: model.context - model.output
            )
        } catch { throw .body(error.description) }
    }

    // MARK: Answering

    private func run(_ job: TurnJob) async {
        let outcome = await answer(job)
        var stored = outcome
        stored.answer = String(decoding: job.turn.text, as: UTF8.self)
        stored.model = job.held.model.id
        let (row, now, ended) = (job.row, clock.timestamp, stored)
        do {
            _ = try await database.write { (connection) throws(StoreError) in
                try connection.finishTurn(row, as: ended, at: now)
            }
        } catch {
            log.error(
                "turn's answer not written",
                ["turn": .text(job.turn.id), "why": .describing(error)]
            )
        }
        live[job.turn.id] = nil
        busy[job.session] = nil
        job.turn.end(outcome)
        report(job, outcome)
    }

    private func answer(_ job: TurnJob) async -> TurnOutcome {
        do {
            let stream = try await calls.open(job.call, job.held, since: job.accepted)
            defer { stream.finish() }
            while let chunk = try await next(stream) {
                try append(chunk.text, to: job)
                savePartial(job)
            }
            return outcome(.done, stream.usage)
        } catch {
            if case .provider(.cancelled) = error {
                return job.isStopped
                    ? outcome(.stopped, nil)
                    : outcome(.interrupted, nil, "the service was restarted: ask again")
            }
            return outcome(.failed, nil, error.description)
        }
    }

    private func next(_ stream: MeteredStream) async throws(BotError) -> ChatChunk? {
        try await stream.next()
    }

    private func append(_ text: String, to job: TurnJob) throws(BotError) {
        let size = ByteCount(job.turn.text.count + text.utf8.count)
        guard size <= LiveTurn.limit else { throw .textTooLong(size, limit: LiveTurn.limit) }
        do { try job.turn.append(text) } catch { throw .memory(error) }
    }

    private func outcome(
        _ end: TurnOutcome.End,
        _ usage: TokenUsage?,
        _ error: String? = nil
    ) -> TurnOutcome {
        var outcome = TurnOutcome(end, answer: "", error: error)
        outcome.inputTokens = usage?.input ?? 0
        outcome.outputTokens = usage?.output ?? 0
        outcome.isEstimated = usage?.isEstimated ?? false
        return outcome
    }

    /// Keeps what came, now and then, for the case that the power fails.
    private func savePartial(_ job: TurnJob) {
        guard clock.now - job.saved >= .seconds(2) else { return }
        job.saved = clock.now
        let (row, text) = (job.row, String(decoding: job.turn.text, as: UTF8.self))
        let (database, log) = (database, log)
        pool.spawn {
            do {
                _ = try await database.write { (connection) throws(StoreError) in
                    try connection.savePartialAnswer(text, of: row)
                }
            } catch { log.warning("partial answer not kept", ["why": .describing(error)]) }
        }
    }

    private func report(_ job: TurnJob, _ outcome: TurnOutcome) {
        metrics.turns.add(1, outcome.end.rawValue)
        metrics.turnDuration.observe(clock.now - job.accepted)
        log.info(
            "turn",
            [
                "tenant": .text(job.turn.tenant), "turn": .text(job.turn.id),
                "model": .text(job.held.model.id), "outcome": .text(outcome.end.rawValue),
                "ms": .ms(clock.now - job.accepted), "why": .text(outcome.error ?? "-"),
            ]
        )
    }

    // MARK: Commands and stored turns

    private func answer(
        _ command: Command,
        _ session: Session,
        _ tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        if command == .stop, let running = busy[session.id] { running?.stop() }
        let text = try await commands.answer(command, session, tenant)
        return try ended(
            "command-\(Secret256.publicID())",
            session.publicID,
            text,
            tenant,
            .init(.done, answer: "")
        )
    }

    private func ended(_ row: Turn, _ tenant: LiveTenant) throws(BotError) -> LiveTurn {
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
            let turn = try LiveTurn(id: id, session: session, account: tenant.account)
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
        let timer = clock.schedule(after: Turns.grace) { [pool] in pool.cancelAll() }
        defer { timer.cancel() }
        await pool.drain()
        pool.cancelAll()
        await meter.drain()
    }
}

/// A turn while it is answered.
@Loop private final class TurnJob {
    let turn: LiveTurn
    let row: Turn.ID
    let session: Session.ID
    let call: ChatCall
    let held: HeldCall
    let accepted: Instant
    var saved: Instant
    var isStopped = false
    private let window: MemoryLease

    init(
        turn: LiveTurn,
        row: Turn.ID,
        session: Session.ID,
        call: ChatCall,
        held: HeldCall,
        window: consuming MemoryLease,
        accepted: Instant
    ) {
        self.turn = turn
        self.row = row
        self.session = session
        self.call = call
        self.held = held
        self.window = window
        self.accepted = accepted
        saved = accepted
    }
}

extension String {
    /// Without white space around it.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// What a conversation is called that begins with this message.
    fileprivate var title: String {
        let line = split(whereSeparator: \.isNewline).first.map(String.init) ?? self
        return line.count <= 60 ? line : line.prefix(59) + "…"
    }
}
