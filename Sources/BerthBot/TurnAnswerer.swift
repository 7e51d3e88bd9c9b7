import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry

/// Has an accepted turn answered and writes its end down.
@Loop final class TurnAnswerer {
    private let database: Database
    private let calls: ChatCalls
    private let clock: any Clock
    private let log: Log
    private let metrics: BotMetrics

    /// A partial answer is written this often: what a power cut may cost.
    private static let saveInterval = Duration.seconds(2)

    init(
        database: Database,
        calls: ChatCalls,
        clock: any Clock,
        log: Log,
        metrics: BotMetrics
    ) {
        self.database = database
        self.calls = calls
        self.clock = clock
        self.log = log
        self.metrics = metrics
    }

    /// Answers the turn; its end is on the disk when this returns.
    ///
    /// - Parameters:
    ///   - job: the turn, in nobody else's hands.
    ///   - pool: takes what is written beside the answer.
    /// - Returns: the end that its readers are to be told.
    func run(_ job: TurnJob, in pool: TaskPool) async -> TurnOutcome {
        var outcome = await answer(job, in: pool)
        if let error = await write(outcome, of: job) {
            // Nobody is told of an answer that is not in the history.
            outcome.end = .failed
            outcome.error = "the answer could not be saved: \(BotError.store(error))"
            job.why = error.description
        }
        report(job, outcome)
        return outcome
    }

    // MARK: Answering

    private func answer(_ job: TurnJob, in pool: TaskPool) async -> TurnOutcome {
        var stream: MeteredStream?
        do throws(BotError) {
            try await begin(job)
            let opened = try await calls.firstOf(job.models, job.request) {
                (model, isLast) throws(BotError) in
                let opened = try await open(job, model)
                if !isLast { try await opened.awaitFirstToken() }
                return opened
            }
            stream = opened
            while let chunk = try await opened.next() {
                try append(chunk.text, to: job)
                savePartial(job, in: pool)
            }
            return outcome(.done, opened.charged)
        } catch {
            stream?.finish()
            return failed(job, error, stream?.charged)
        }
    }

    /// Says on the disk that a provider is asked now: from here on nobody asks it again by himself.
    private func begin(_ job: TurnJob) async throws(BotError) {
        let (id, row) = (job.turn.id, job.row)
        do {
            try await database.write { (connection) throws(StoreError) in
                guard try connection.isRow(row, of: id) else { return }
                try connection.startTurn(row)
            }
        } catch {
            calls.release(job.held)
            throw .store(error)
        }
    }

    /// Asks one of the turn's models, on its own reservation: the first one's came with the turn.
    private func open(
        _ job: TurnJob,
        _ model: ModelChoice
    ) async throws(BotError) -> MeteredStream {
        let call = calls.call(job.prompt, model, job.payer)
        if job.hasAsked {
            job.held = try await calls.reserve(call, model, job.payer, job.held.input, job.row)
        }
        job.hasAsked = true
        return try await calls.open(call, job.held, since: job.accepted)
    }

    private func failed(_ job: TurnJob, _ error: BotError, _ usage: TokenUsage?) -> TurnOutcome {
        if job.isStopped { return outcome(.stopped, usage) }
        if Task.isCancelled {
            return outcome(.interrupted, usage, "the service was restarted: ask again")
        }
        job.why = error.logged
        return outcome(.failed, usage, error.description)
    }

    private func append(_ text: String, to job: TurnJob) throws(BotError) {
        guard job.turn.text.count + text.utf8.count <= LiveTurn.limit.bytes else {
            throw .body("the answer is longer than \(LiveTurn.limit): it was ended there")
        }
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

    // MARK: Writing

    /// - Returns: why it could not be written; nil when it is.
    private func write(_ outcome: TurnOutcome, of job: TurnJob) async -> StoreError? {
        var stored = outcome
        stored.answer = String(decoding: job.turn.text, as: UTF8.self)
        stored.model = job.held.model.id
        let (id, row, now, ended) = (job.turn.id, job.row, clock.timestamp, stored)
        do {
            try await database.write { (connection) throws(StoreError) in
                guard try connection.isRow(row, of: id) else { return }
                try connection.finishTurn(row, as: ended, at: now)
            }
        } catch { return error }
        return nil
    }

    /// Keeps what came, now and then, for the case that the power fails.
    private func savePartial(_ job: TurnJob, in pool: TaskPool) {
        guard clock.now - job.saved >= TurnAnswerer.saveInterval else { return }
        job.saved = clock.now
        let (id, row, text) = (job.turn.id, job.row, String(decoding: job.turn.text, as: UTF8.self))
        let (database, log) = (database, log)
        pool.spawn {
            do {
                try await database.write { (connection) throws(StoreError) in
                    guard try connection.isRow(row, of: id) else { return }
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
                "request": .text(job.request), "tenant": .text(job.turn.tenant),
                "turn": .text(job.turn.id), "model": .text(job.held.model.id),
                "outcome": .text(outcome.end.rawValue), "ms": .ms(clock.now - job.accepted),
                "why": .text(job.why),
            ]
        )
    }
}

extension Connection {
    /// Whether `row` still is the turn that clients know by `publicID`.
    ///
    /// When a tenant is removed its turns' numbers are given again, to whoever writes next.
    fileprivate func isRow(_ row: Turn.ID, of publicID: String) throws(StoreError) -> Bool {
        try turn(publicID: publicID)?.id == row
    }
}

/// A turn while it is answered.
@Loop final class TurnJob {
    let turn: LiveTurn
    let row: Turn.ID
    let prompt: JSONObject
    let payer: LiveTenant
    /// Those to try, in order.
    let models: [ModelChoice]
    /// The call of the model that is asked now.
    var held: HeldCall
    /// Whether a model was asked already, so that the turn's own reservation is used.
    var hasAsked = false
    let accepted: Instant
    /// The id of the request that brought the message, for the log.
    let request: String
    /// When what came of the answer was last written.
    var saved: Instant
    /// Whether its author wants no more of it.
    var isStopped = false
    /// What went wrong, in words that hold nothing of the conversation.
    var why = "-"
    private let window: MemoryLease

    init(
        turn: LiveTurn,
        row: Turn.ID,
        prompt: JSONObject,
        payer: LiveTenant,
        models: [ModelChoice],
        held: HeldCall,
        window: consuming MemoryLease,
        accepted: Instant,
        request: String
    ) {
        self.turn = turn
        self.row = row
        self.prompt = prompt
        self.payer = payer
        self.models = models
        self.held = held
        self.window = window
        self.accepted = accepted
        self.request = request
        saved = accepted
    }
}
