package import BerthLoop
package import BerthMemory
import BerthProviders
import BerthQueue
package import BerthStore
import BerthTelemetry
import BerthText
package import BerthWork

/// Turns: a message is written down, answered, and its answer written down.
///
/// Only one turn of a session is under way at a time. A turn is on the disk before
/// ``begin(_:in:by:request:isFresh:memory:)`` returns, and goes on when its caller leaves.
@Loop package final class Turns: Service {
    let store: any Store
    let gate: SessionGate
    let models: ModelCatalog
    private let acceptance: Acceptance
    private let orders: PictureAcceptance
    let runner: TurnRunner
    private let recovery: TurnRecovery
    let commands: Commands
    private let pressure: PressureGate
    private let metrics: BotMetrics
    private let surroundings: Surroundings
    /// Whether the service stops, so that no more turns begin.
    package private(set) var isStopping = false

    /// The longest message that is stored in its turn.
    ///
    /// The text of a longer one is a file (``attachedLimit``).
    package static nonisolated let textLimit = ByteCount.kibibytes(256)
    /// The longest message.
    package static nonisolated let attachedLimit = MessageTexts.most
    /// The longest order of pictures.
    static nonisolated let orderLimit = ByteCount.kibibytes(32)
    /// Running answers may go on this long after the stop.
    ///
    /// Then they are kept as far as they came.
    private static nonisolated let grace = Duration.seconds(10)
    /// Failures that ended before this time are history, and not shown.
    private static nonisolated let past = Duration.seconds(-7 * 86_400)

    /// Makes the turns of a bot.
    init(_ parts: Parts, _ metrics: BotMetrics, in surroundings: Surroundings) {
        store = parts.store
        models = parts.models
        commands = parts.commands
        pressure = parts.calls.gate
        self.metrics = metrics
        self.surroundings = surroundings
        gate = SessionGate()
        acceptance = Acceptance(parts, in: surroundings)
        orders = PictureAcceptance(parts, acceptance, in: surroundings)
        runner = TurnRunner(parts, gate, metrics, in: surroundings)
        recovery = TurnRecovery(store, (acceptance, orders), runner, gate, in: surroundings)
    }

    /// The number of turns that are being answered.
    package var running: Int { runner.live.count }

    // MARK: For channels

    /// The memory that a message of `size` needs, to be leased before it is read.
    package func need(of size: ByteCount) -> ByteCount { acceptance.need(of: size) }

    /// Takes a message: a command is answered at once, and anything else becomes a turn.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - session: the conversation's public name.
    ///   - tenant: the tenant who writes and pays.
    ///   - request: the id of the request, for the log.
    ///   - isFresh: whether an answer that somebody was given before is not wanted.
    ///   - memory: ``need(of:)`` of the message, leased before it was read. With nil this waits for
    ///     the memory.
    /// - Returns: the turn, whose row is on the disk.
    /// - Throws: ``BotError``. Nothing is written then.
    package func begin(
        _ text: String,
        in session: String,
        by tenant: LiveTenant,
        request: String = "-",
        isFresh: Bool = false,
        memory: PrepaidMemory? = nil
    ) async throws(BotError) -> LiveTurn {
        let message = Message(text.trimmed, in: session, isFresh: isFresh)
        return try await begin(message, by: tenant, request: request, memory: memory)
    }

    /// Takes a message with at most ``PromptPictures/most`` files of the tenant, which are pictures.
    ///
    /// Its text may be empty. The rest is as for ``begin(_:in:by:request:isFresh:memory:)``.
    package func begin(
        _ text: String,
        with files: [String],
        in session: String,
        by tenant: LiveTenant,
        request: String,
        memory: PrepaidMemory?
    ) async throws(BotError) -> LiveTurn {
        var message = Message(text.trimmed, in: session)
        message.files = files
        return try await begin(message, by: tenant, request: request, memory: memory)
    }

    /// The most bytes of a message that begins with `text`.
    private static func limit(of text: String) -> ByteCount {
        guard let word = Command.word(of: text) else { return attachedLimit }
        return word.lowercased() == "image" ? orderLimit : textLimit
    }

    private static func check(_ size: ByteCount, of message: Message) throws(BotError) {
        let limit = limit(of: message.text)
        guard size <= limit else { throw .textTooLong(size, limit: limit) }
    }

    func begin(
        _ message: Message,
        by tenant: LiveTenant,
        request: String,
        memory: PrepaidMemory?
    ) async throws(BotError) -> LiveTurn {
        guard !isStopping else { throw .stopping }
        // A command is read several times, so a long one is refused before.
        try Turns.check(ByteCount(message.text.utf8.count), of: message)
        let message = try await expanded(message, for: tenant)
        guard !message.text.isEmpty || message.hasPictures else { throw .emptyText }
        try Turns.check(message.size, of: message)
        try tenant.mayAsk()
        if message.hasPictures, Command.word(of: message.text) != nil {
            throw .commandWithPictures
        }
        if let command = Command(message.text) {
            return try await answer(command, message, tenant)
        }
        do throws(BotError) {
            // A wait for memory holds the session, so whose it is must be known before.
            if memory == nil || gate.isBusy(message.session) {
                _ = try await session(of: message, by: tenant)
            }
            let entry = try gate.enter(message.session, payer: tenant.row.id, request: request)
            do throws(BotError) {
                let memory =
                    if let memory { memory } else {
                        try await acceptance.pay(for: message.size, of: tenant)
                    }
                guard !isStopping else { throw .stopping }
                let job =
                    if let order = PicturePrompt(message.text) {
                        try await orders.accept(message, order, by: tenant, at: entry, memory)
                    } else {
                        try await acceptance.accept(message, by: tenant, at: entry, memory)
                    }
                runner.start(job)
                return job.turn
            } catch {
                gate.leave(entry)
                throw error
            }
        } catch {
            metrics.turns.add(1, "refused")
            throw error
        }
    }

    /// A turn that is being answered, or its end as the database has it.
    package func find(
        _ publicID: String,
        of tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        if let turn = running(publicID, of: tenant) { return turn }
        let row = try await stored(publicID, tenant).turn
        // Its row is there a moment before the turn itself is.
        if row.state.isOpen, let turn = running(publicID, of: tenant) { return turn }
        return try ended(row, tenant)
    }

    /// Ends a turn that is being answered.
    ///
    /// The text that came is kept.
    package func stop(_ publicID: String, by tenant: LiveTenant) throws(BotError) {
        guard let turn = running(publicID, of: tenant) else { throw .noTurn }
        turn.stop()
    }

    /// Ends the turn of a session, and lets no other one begin there while `work` runs.
    func ending(
        session publicID: String,
        _ work: () async throws(BotError) -> Void,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let entry = await gate.seize(publicID, payer: tenant.row.id)
        defer { if let entry { gate.leave(entry) } }
        try await work()
    }

    /// Ends all that is being answered for a tenant.
    func stopAll(of tenant: LiveTenant) { gate.stopAll(of: tenant.row.id) }

    func running(_ publicID: String, of tenant: LiveTenant) -> LiveTurn? {
        runner.live[publicID].flatMap { $0.payer == tenant.row.id ? $0 : nil }
    }

    // MARK: Commands and stored turns

    private func answer(
        _ command: Command,
        _ message: Message,
        _ tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        let session = try await session(of: message, by: tenant)
        let text: String
        if command == .stop {
            text = Phrase(gate.stop(session.publicID) ? .stopped : .nothingToStop)
                .text(in: tenant.language)
        } else {
            text = try await commands.answer(command, session, tenant)
        }
        try await runner.reply(
            text,
            in: session,
            to: tenant,
            finishing: message.updates,
            answering: message.heard
        )
        let id = "command-\(Secret256.publicID(from: surroundings.entropy))"
        return try ended(id, session.publicID, text, tenant, TurnOutcome(.done, answer: ""))
    }

    /// The conversation of a message, in which the tenant may ask.
    func session(
        of message: Message,
        by tenant: LiveTenant
    ) async throws(BotError) -> Session {
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.session(publicID: message.session)
        }
        guard let session else { throw .noSession }
        try tenant.mayAsk(in: session, at: message.place)
        return session
    }

    private func ended(_ row: Turn, _ tenant: LiveTenant) throws(BotError) -> LiveTurn {
        // A turn that is accepted and not here is just being taken up again.
        let end = TurnOutcome.End(rawValue: row.state.rawValue) ?? .interrupted
        var outcome = TurnOutcome(end, answer: "", error: row.error)
        outcome.inputTokens = row.inputTokens
        outcome.outputTokens = row.outputTokens
        outcome.isEstimated = row.isEstimated
        (outcome.ending, outcome.sources) = (row.ending, row.sources)
        (outcome.pictures, outcome.model) = (row.pictures, row.model)
        (outcome.isCached, outcome.micros) = (row.isCached, row.micros)
        let turn = try ended(row.publicID, "", row.answer, tenant, outcome)
        (turn.inputs, turn.wholeText, turn.leftOut) = (row.inputs, row.wholeText, row.leftOut)
        turn.isSummarized = row.isSummarized
        turn.show(AnswerNotes(row, of: tenant.account))
        return turn
    }

    /// A turn that has ended, for its readers.
    private func ended(
        _ id: String,
        _ session: String,
        _ text: String,
        _ tenant: LiveTenant,
        _ outcome: TurnOutcome
    ) throws(BotError) -> LiveTurn {
        let turn: LiveTurn
        do {
            let memory = PrepaidMemory(of: tenant.account)
            turn = try LiveTurn(id: id, session: session, of: tenant, memory)
        } catch { throw .memory(error) }
        do throws(BotError) { try turn.openLog().append(.text(text)) } catch {
            throw error.ofUnboughtAnswer
        }
        turn.show()
        turn.end(outcome)
        return turn
    }

    func stored(
        _ publicID: String,
        _ tenant: LiveTenant
    ) async throws(BotError) -> TurnInSession {
        let found = try await withBotErrors { () async throws(StoreError) in
            try await store.turnInSession(publicID: publicID)
        }
        guard let found, found.turn.tenant == tenant.row.id else { throw .noTurn }
        return found
    }

    // MARK: For the operator

    /// The failed and uncertain work of the last seven days, newest first, at most `limit`.
    package func troubled(limit: Int) async throws(BotError) -> [Trouble] {
        let start = surroundings.clock.timestamp + Turns.past
        return try await withBotErrors { () async throws(StoreError) in
            try await store.troubles(since: start, limit: limit)
        }
    }

    /// The number of turns that have failed and of calls that are uncertain in the last seven days.
    package func troubles() async throws(BotError) -> TroubleCounts {
        let start = surroundings.clock.timestamp + Turns.past
        return try await withBotErrors { () async throws(StoreError) in
            try await store.troubleCounts(since: start)
        }
    }

    /// The turns that wait or run, oldest first, at most `limit`.
    package func open(limit: Int) -> [OpenTurn] {
        let (turns, now) = (runner.live.values, surroundings.clock.now)
        let ordered = turns.sorted { ($0.began, $0.id) < ($1.began, $1.id) }
        return ordered.prefix(limit).map { OpenTurn($0, at: now) }
    }

    /// Ends a turn that waits or runs, at the operator's wish.
    ///
    /// The text that came is kept.
    ///
    /// - Returns: whether there is such a turn.
    package func end(_ publicID: String) -> Bool {
        guard let turn = runner.live[publicID] else { return false }
        turn.stop()
        return true
    }

    /// Takes up the accepted turns of an earlier run.
    ///
    /// - Returns: how many there are.
    func resume(payers: @escaping TurnRecovery.Payers) async throws(BotError) -> Int {
        try await recovery.start(payers: payers)
    }

    /// Retries a turn that has failed or is uncertain.
    ///
    /// - Throws: ``BotError``. Nothing has changed then.
    func retry(_ publicID: String, payers: TurnRecovery.Payers) async throws(BotError) {
        try await recovery.retry(publicID, payers: payers)
    }

    // MARK: Service

    /// Accepts turns until the stop, and then lets running ones finish for a while.
    ///
    /// Answers that are not finished by then are kept as far as they have come. Until the end, the
    /// claims on the turns under way are renewed.
    package func run(until stop: Stop) async throws {
        let renewal = renewClaims()
        await stop.requested()
        renewal.cancel()
        end()
        pressure.stop()
        let pools = runner.pools
        let timer = surroundings.clock.schedule(after: Turns.grace) {
            for pool in pools { pool.cancelAll() }
        }
        defer { timer.cancel() }
        for pool in pools {
            await pool.drain()
            // Nobody waits for what follows the turns, and the next start takes it up.
            for next in pools { next.cancelAll() }
        }
    }

    /// Ends every turn at once and returns when their answers so far are on the disk.
    func finish() async {
        end()
        for pool in runner.pools {
            pool.cancelAll()
            await pool.drain()
        }
    }

    private func end() {
        isStopping = true
        recovery.isStopping = true
    }

    /// Renews the claims from time to time, in a task of its own.
    private func renewClaims() -> Task<Void, Never> {
        let pool = TaskPool()
        return pool.spawn { [self] in
            while true {
                do { try await surroundings.clock.sleep(for: Acceptance.claim / 5) } catch {
                    return
                }
                guard running > 0 else { continue }
                do { try await store.renewClaims(acceptance.claim) } catch {
                    surroundings.log.warning("claims not renewed", ["why": .describing(error)])
                }
            }
        }
    }
}
