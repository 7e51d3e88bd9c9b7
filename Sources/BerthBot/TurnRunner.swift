import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry
import BerthWork

/// Runs accepted turns: does what each turn's ``TurnMachine`` says, and writes its end down.
@Loop final class TurnRunner {
    /// Turns that are being answered, by their public names.
    private(set) var live: [String: LiveTurn] = [:]
    let pool = TaskPool()
    let store: any Store
    let pictures: PaidPictures
    let pictureAnswers: PictureAnswers
    private let answers: Answers
    private let calls: PaidCalls
    private let meter: Meter
    private let gate: SessionGate
    private let replies: Replies
    let outliner: Outliner
    private let metrics: BotMetrics
    private let surroundings: Surroundings
    private var random: SeededGenerator

    /// A partial answer is written this often, which bounds the loss of a power cut.
    private static let saveInterval = Duration.seconds(2)

    init(
        _ parts: Turns.Parts,
        _ gate: SessionGate,
        _ metrics: BotMetrics,
        in surroundings: Surroundings
    ) {
        store = parts.store
        answers = parts.answers
        pictures = parts.paidPictures
        pictureAnswers = parts.pictureAnswers
        calls = parts.calls
        meter = parts.meter
        replies = parts.replies
        outliner = parts.outliner
        self.gate = gate
        self.metrics = metrics
        self.surroundings = surroundings
        random = surroundings.entropy.generator()
    }

    /// The turns, and then the work that follows them.
    var pools: [TaskPool] { [pool, outliner.pool] }
    private var clock: any Clock { surroundings.clock }

    /// Begins to run a turn in a task of its own, which leaves its session at the end.
    func start(_ job: TurnJob) {
        let turn = job.turn
        live[turn.id] = turn
        turn.row = job.row
        turn.began = job.accepted
        if let place = job.entry.place, replies.areParts(at: place) { turn.copies = 4 }
        let task = pool.spawn { [self] in
            let outcome = await run(job)
            live[turn.id] = nil
            gate.leave(job.entry)
            if outcome.end == .done, let cue = turn.cue, case .answer(let ask) = job.work {
                outliner.work(on: cue, after: turn.text, for: ask.payer)
            }
            turn.end(outcome)
        }
        turn.onStop {
            job.machine.isStopped = true
            task.cancel()
        }
        gate.accept(turn, as: job.entry)
    }

    // MARK: The machine's actions

    private func run(_ job: TurnJob) async -> TurnOutcome {
        var event = TurnMachine.Event.begun
        var failure: BotError?
        while true {
            let moment = TurnMachine.Moment(now: clock.now, timestamp: clock.even)
            job.machine.isInterrupted = Task.isCancelled && !job.machine.isStopped
            switch job.machine.next(after: event, at: moment, using: &random) {
            case .ask:
                do throws(BotError) {
                    try await ask(job)
                    event = .answered
                } catch {
                    job.answer?.finish()
                    failure = error
                    event = .failed(error.disposition)
                }
            case .wait(let due):
                do throws(BotError) {
                    try await wait(job, until: due, failure)
                    event = .due
                } catch {
                    failure = error
                    event = .failed(error.disposition)
                }
            case .retryLater(let due):
                event = await retryLater(job, at: due, failure) ? .scheduled : .unscheduled
            case .end(let end, let givenUp):
                return await finish(job, as: end, failure, givenUp)
            }
        }
    }

    /// Runs the turn's step.
    private func ask(_ job: TurnJob) async throws(BotError) {
        switch job.work {
        case .answer(let ask): try await answer(job, ask)
        case .pictures(let ask): try await draw(job, ask)
        }
    }

    /// Runs a step of the kind `ask`: asks for the answer and takes it into the turn's log.
    private func answer(_ job: TurnJob, _ question: Ask) async throws(BotError) {
        job.answer = nil
        var ask = question
        // A call that others share may outlive the turn.
        ask.listener = { [weak turn = job.turn] in turn?.wait($0) }
        let answer = try await answers.stream(ask, job.takeHeld())
        job.answer = answer
        job.model = answer.modelID
        let own: Broadcast?
        if let log = answer.log {
            job.turn.follow(log)
            own = nil
        } else {
            own = try job.turn.openLog()
        }
        while let piece = try await answer.next() {
            try take(piece, of: answer, job, own)
            // Pieces that came together go on together.
            while let piece = try answer.taken() { try take(piece, of: answer, job, own) }
        }
        guard job.turn.text.isEmpty else { return }
        let model = question.models.first { $0.id == answer.modelID }
        let finish = job.turn.notes.ending ?? .stop
        throw .provider(
            .wordless(provider: model?.provider.name ?? answer.modelID, finish: finish.rawValue)
        )
    }

    private func take(
        _ piece: AnswerPiece,
        of answer: any AnswerStream,
        _ job: TurnJob,
        _ own: Broadcast?
    ) throws(BotError) {
        job.turn.note(piece)
        if let own, !piece.text.isEmpty { try own.append(.text(piece.text)) }
        do throws(BotError) { try job.turn.cover() } catch {
            throw answer.isCached ? error.ofUnboughtAnswer : error
        }
        job.machine.hasText = !job.turn.text.isEmpty
        savePartial(job)
    }

    private func wait(
        _ job: TurnJob,
        until due: Timestamp,
        _ failure: BotError?
    ) async throws(BotError) {
        let pause = due - clock.even
        // After a restart the failure is not known.
        let cause = failure.map(\.causeOfWait) ?? .failing
        job.turn.wait(QueuePlace(ahead: 0, wait: pause, cause: cause))
        do { try await calls.sleep(for: pause, orUntilResumed: job.providers) } catch {
            throw .provider(.cancelled)
        }
    }

    /// - Returns: whether the time of the next attempt is on the disk.
    private func retryLater(_ job: TurnJob, at due: Timestamp, _ failure: BotError?) async -> Bool {
        let reason = failure.map { Phrase.refusal($0).text(in: job.turn.language) } ?? ""
        do {
            try await store.retryTurnLater(job.row, at: due, because: reason, now: clock.timestamp)
        } catch {
            surroundings.log.error(
                "turn is not retried",
                ["turn": .text(job.turn.id), "why": .describing(error)]
            )
            return false
        }
        metrics.retries.add()
        surroundings.log.info(
            "turn will be retried",
            [
                "tenant": .text(job.turn.tenant), "turn": .text(job.turn.id),
                "in_ms": .ms(due - clock.even), "attempts": .int(job.machine.attempts),
                "why": .text(failure?.logged ?? "-"),
            ]
        )
        return true
    }

    // MARK: The end

    /// Writes the end of a turn, together with the settlement of its call.
    ///
    /// - Returns: the end that its readers are to be told.
    private func finish(
        _ job: TurnJob,
        as end: TurnOutcome.End,
        _ failure: BotError?,
        _ givenUp: Backoff.Reason?
    ) async -> TurnOutcome {
        var outcome = TurnOutcome(end, answer: "")
        let language = job.turn.language
        if let usage = job.answer?.charged {
            (outcome.inputTokens, outcome.outputTokens) = (usage.input, usage.output)
            outcome.isEstimated = usage.isEstimated
        }
        let settlements = job.takeSettlements()
        (outcome.model, outcome.isCached) = (job.model, job.answer?.isCached ?? false)
        outcome.micros = job.cost(settlements)
        job.turn.notes.write(to: &outcome)
        outcome.pictures = job.made?.pictures.map(\.ofTurn) ?? []
        outcome.beginsToForget = job.turn.beginsToForget
        outcome.isSummarized = job.turn.isSummarized
        switch end {
        case .failed, .uncertain:
            let phrase = failure.map { failure in
                givenUp.map { Phrase.gaveUp(failure, $0) } ?? .refusal(failure)
            }
            outcome.error = phrase?.text(in: language)
            outcome.why = phrase?.withoutProvidersWords
            job.why = failure?.logged ?? "-"
        case .interrupted:
            outcome.error = Phrase(.restarting).text(in: language)
        default: break
        }
        if let error = await write(outcome, settlements, of: job) {
            // Nobody is told of an answer that is not in the history.
            outcome.end = .failed
            outcome.error = Phrase.notSaved(.store(error)).text(in: language)
            job.why = error.description
        }
        report(job, outcome)
        return outcome
    }

    /// - Returns: the reason for which it could not be written, or nil.
    private func write(
        _ outcome: TurnOutcome,
        _ settlements: [Settlement],
        of job: TurnJob
    ) async -> StoreError? {
        var stored = outcome
        stored.answer = String(decoding: job.turn.text, as: UTF8.self)
        do {
            let isOpen = try await finish(
                job.row,
                as: stored,
                settlements,
                at: job.entry.place,
                in: job.turn.language
            )
            // A turn that was deleted meanwhile is paid for all the same.
            if !isOpen { meter.write(settlements) }
        } catch {
            meter.write(settlements)
            return error
        }
        return nil
    }

    /// Writes the end of a turn and the parts of its reply in one commit, and has them delivered.
    ///
    /// - Returns: whether the turn was open.
    func finish(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        _ settlements: [Settlement] = [],
        at place: Place?,
        in language: Language
    ) async throws(StoreError) -> Bool {
        let outbox = await replies.formatted(outcome, at: place, in: language)
        let isOpen = try await store.finishTurn(
            turn,
            as: outcome,
            settling: settlements,
            outbox: outbox,
            at: clock.timestamp
        )
        if isOpen, !outbox.isEmpty { replies.bell.signal() }
        return isOpen
    }

    /// Writes the reply to a command and has it delivered, if the session's channel has an outbox.
    ///
    /// The updates that brought the command are finished in the same commit.
    func reply(
        _ text: String,
        in session: Session,
        to tenant: LiveTenant,
        finishing updates: [ChannelUpdate],
        answering heard: String?
    ) async throws(BotError) {
        let outcome = TurnOutcome(.done, answer: text)
        var outbox = await replies.formatted(
            outcome,
            at: session.place,
            in: tenant.language
        )
        if !outbox.isEmpty { outbox[0].heard = heard }
        try await send(outbox, in: session, to: tenant, finishing: updates)
    }

    /// Writes parts of a reply that answer no turn, and has them delivered.
    func send(
        _ outbox: [OutboxDraft],
        in session: Session,
        to tenant: LiveTenant,
        finishing updates: [ChannelUpdate]
    ) async throws(BotError) {
        guard !outbox.isEmpty || !updates.isEmpty else { return }
        let (id, now) = (tenant.row.id, clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            try await store.addOutbox(
                outbox,
                in: session.id,
                for: id,
                finishing: updates,
                at: now
            )
        }
        replies.bell.signal()
    }

    /// Stores the text so far from time to time, in case the power fails.
    private func savePartial(_ job: TurnJob) {
        guard !job.isSaving, clock.now - job.saved >= TurnRunner.saveInterval else { return }
        (job.saved, job.isSaving) = (clock.now, true)
        let text = String(decoding: job.turn.text, as: UTF8.self)
        let (store, log) = (store, surroundings.log)
        pool.spawn {
            defer { job.isSaving = false }
            do { try await store.savePartialAnswer(text, of: job.row) } catch {
                log.warning("partial answer not kept", ["why": .describing(error)])
            }
        }
    }

    private func report(_ job: TurnJob, _ outcome: TurnOutcome) {
        metrics.turns.add(1, outcome.end.rawValue)
        metrics.turnDuration.observe(clock.now - job.accepted)
        surroundings.log.info(
            "turn",
            [
                "request": .text(job.requestID), "tenant": .text(job.turn.tenant),
                "turn": .text(job.turn.id), "model": .text(job.model),
                "outcome": .text(outcome.end.rawValue), "ms": .ms(clock.now - job.accepted),
                "why": .text(job.why),
            ]
        )
    }
}
