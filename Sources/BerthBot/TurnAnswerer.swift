import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry

/// Has an accepted turn answered and writes its end down.
@Loop final class TurnAnswerer {
    private let database: Database
    private let answers: Answers
    private let policy: WorkPolicy
    private var random: SeededGenerator
    private let surroundings: Surroundings
    let metrics: BotMetrics

    /// A partial answer is written this often: what a power cut may cost.
    private static let saveInterval = Duration.seconds(2)

    init(
        database: Database,
        answers: Answers,
        policy: WorkPolicy,
        in surroundings: Surroundings,
        metrics: BotMetrics
    ) {
        self.database = database
        self.answers = answers
        self.policy = policy
        random = surroundings.entropy.generator()
        self.surroundings = surroundings
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

    /// Tries until it is answered, its author stops it, or nothing is to be hoped for.
    private func answer(_ job: TurnJob, in pool: TaskPool) async -> TurnOutcome {
        var failure: BotError
        repeat {
            do throws(BotError) {
                try await wait(job)
                return try await attempt(job, in: pool)
            } catch { failure = error }
            job.stream?.finish()
        } while await tryAgain(job, after: failure)
        return failed(job, failure)
    }

    private func attempt(
        _ job: TurnJob,
        in pool: TaskPool
    ) async throws(BotError) -> TurnOutcome {
        let order = order(job)
        job.held = nil
        switch try await answers.stream(order, isFresh: job.isFresh) {
        case .kept(let whole):
            job.model = whole.model
            try append(whole.text, to: job)
            return outcome(.done, nil)
        case .stream(let stream):
            job.stream = stream
            job.model = stream.modelID
            while let chunk = try await stream.next() {
                try append(chunk.text, to: job)
                savePartial(job, in: pool)
            }
            return outcome(.done, stream.charged)
        }
    }

    private func order(_ job: TurnJob) -> ChatOrder {
        var order = job.order
        order.held = job.held
        let (id, row, turn) = (job.turn.id, job.row, job.turn)
        // From here on nobody asks it again by himself.
        order.note = { (connection) throws(StoreError) in
            guard try connection.isRow(row, of: id) else { return }
            try connection.startTurn(row)
        }
        // A call that others share may outlive the turn.
        order.listener = { [weak turn] in turn?.wait($0) }
        return order
    }

    private func failed(_ job: TurnJob, _ error: BotError) -> TurnOutcome {
        let usage = job.stream?.charged
        if job.isStopped { return outcome(.stopped, usage) }
        let isStopping = if case .stopping = error { true } else { false }
        if Task.isCancelled || isStopping {
            return outcome(
                .interrupted,
                usage,
                "the service is being restarted: the answer goes on by itself then"
            )
        }
        job.why = error.logged
        let tried = job.givenUp.map { " (\($0))" } ?? ""
        return outcome(.failed, usage, error.description + tried)
    }

    // MARK: Trying again

    /// Waits out a pause that was written down.
    private func wait(_ job: TurnJob) async throws(BotError) {
        guard let due = job.due else { return }
        job.due = nil
        let pause = due - surroundings.clock.timestamp
        guard pause > .zero else { return }
        job.turn.wait(QueuePlace(ahead: 0, wait: pause))
        do { try await surroundings.clock.sleep(for: pause) } catch { throw .provider(.cancelled) }
    }

    /// Whether the turn is tried again; if so, when is on the disk.
    ///
    /// Only what has surely bought nothing and may pass is tried again by itself: the rest is for a
    /// person to decide.
    private func tryAgain(_ job: TurnJob, after error: BotError) async -> Bool {
        guard error.isPassing, job.turn.text.isEmpty, !job.isStopped, !Task.isCancelled else {
            return false
        }
        // A provider that was not asked is no attempt; the deadline holds all the same.
        if !error.isOurs { job.attempts += 1 }
        let decision = policy.backoff.decide(
            attempt: min(max(1, job.attempts), policy.backoff.attempts),
            retryAfter: error.retryAfter,
            deadline: job.accepted + policy.patience,
            at: surroundings.clock.now,
            using: &random
        )
        switch decision {
        case .giveUp(let reason):
            if reason != .attemptsUsed(1) { job.givenUp = reason.description }
            return false
        case .retry(let pause): return await retryLater(job, pause, error)
        }
    }

    private func retryLater(_ job: TurnJob, _ pause: Duration, _ error: BotError) async -> Bool {
        let (due, id, row) = (surroundings.clock.timestamp + pause, job.turn.id, job.row)
        let reason = error.description
        job.due = due
        do {
            try await database.write { (connection) throws(StoreError) in
                guard try connection.isRow(row, of: id) else { return }
                try connection.retryTurnLater(row, at: due, because: reason)
            }
        } catch {
            surroundings.log.error(
                "turn is not tried again",
                ["turn": .text(id), "why": .describing(error)]
            )
            return false
        }
        metrics.retries.add()
        surroundings.log.info(
            "turn is tried again",
            [
                "tenant": .text(job.turn.tenant), "turn": .text(id), "in_ms": .ms(pause),
                "attempts": .int(job.attempts), "why": .text(error.logged),
            ]
        )
        return true
    }

    private func append(_ text: String, to job: TurnJob) throws(BotError) {
        guard job.turn.text.count + text.utf8.count <= LiveTurn.limit.bytes else {
            throw .body("the answer is longer than \(LiveTurn.limit): it was ended there")
        }
        do { try job.turn.append(text) } catch {
            // What a provider has begun to say is bought, what is kept is not.
            throw job.stream == nil ? .memory(error) : .provider(.memoryMidway(error))
        }
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
        stored.model = job.model
        let (id, row, now, ended) = (job.turn.id, job.row, surroundings.clock.timestamp, stored)
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
        guard !job.isSaving, surroundings.clock.now - job.saved >= TurnAnswerer.saveInterval else {
            return
        }
        (job.saved, job.isSaving) = (surroundings.clock.now, true)
        let (id, row, text) = (job.turn.id, job.row, String(decoding: job.turn.text, as: UTF8.self))
        let (database, log) = (database, surroundings.log)
        pool.spawn {
            defer { job.isSaving = false }
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
        metrics.turnDuration.observe(surroundings.clock.now - job.accepted)
        surroundings.log.info(
            "turn",
            [
                "request": .text(job.request), "tenant": .text(job.turn.tenant),
                "turn": .text(job.turn.id), "model": .text(job.model),
                "outcome": .text(outcome.end.rawValue),
                "ms": .ms(surroundings.clock.now - job.accepted),
                "why": .text(job.why),
            ]
        )
    }
}

/// A turn while it is answered.
@Loop final class TurnJob {
    let turn: LiveTurn
    let row: Turn.ID
    /// What is asked, of whom, on whose account.
    let order: ChatOrder
    /// Whether an answer that somebody was given before is not wanted.
    let isFresh: Bool
    /// The first attempt's reservation, which was taken when the turn was accepted.
    var held: HeldCall?
    /// The name of the model that answers.
    var model: String
    let accepted: Instant
    /// Who answers now.
    var stream: (any AnswerStream)?
    /// How often a provider was asked in vain.
    var attempts = 0
    /// When to try again; nil: at once.
    var due: Timestamp?
    /// Why it is not tried once more.
    var givenUp: String?
    /// When what came of the answer was last written.
    var saved: Instant
    /// Whether that is being written: a slow disk does not pile up copies.
    var isSaving = false
    /// Whether its author wants no more of it.
    var isStopped = false
    /// What went wrong, in words that hold nothing of the conversation.
    var why = "-"

    /// The id of the request that brought the message, for the log.
    var request: String { order.requestID }

    init(
        turn: LiveTurn,
        row: Turn.ID,
        order: ChatOrder,
        held: HeldCall,
        isFresh: Bool
    ) {
        self.turn = turn
        self.row = row
        self.order = order
        self.held = held
        self.isFresh = isFresh
        model = order.models[0].id
        accepted = order.since
        saved = accepted
    }

    /// Takes over what was tried already of a turn that was accepted before.
    func goOn(from row: Turn?) {
        guard let row, row.state == .accepted else { return }
        attempts = row.attempts
        due = row.due
    }
}
