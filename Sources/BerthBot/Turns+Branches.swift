package import BerthMemory
import BerthProviders
package import BerthStore
package import BerthWork

/// Other answers to a message, other words for it, and the rest of an answer that was cut.
///
/// Each is a turn of its own, and the turns that it stands beside are kept.
extension Turns {
    /// The message that asks for the rest of an answer which was cut at the model's limit.
    static nonisolated let goOn = """
        Continue exactly where your last answer stopped, without repeating anything.
        """

    /// Asks the message of a turn that has ended again, in a branch of its own.
    ///
    /// The answer never comes from the cache.
    ///
    /// - Parameters:
    ///   - publicID: the turn.
    ///   - model: the name of the model that answers, or nil for the conversation's.
    ///   - tenant: the tenant who has paid for the turn and pays for the new one.
    ///   - request: the id of the request, for the log.
    /// - Returns: the new turn, whose row is on the disk.
    /// - Throws: ``BotError/noTurn``, ``BotError/unknownModel(_:known:)``, ``BotError/sessionBusy`` for
    ///   a turn that has not ended, and the errors of ``begin(_:in:by:request:isFresh:memory:)``.
    package func again(
        _ publicID: String,
        with model: String? = nil,
        by tenant: LiveTenant,
        request: String = "-"
    ) async throws(BotError) -> LiveTurn {
        let found = try await ended(publicID, tenant)
        var message = beside(found, found.turn.text)
        (message.isContinuation, message.wholeText) = (
            found.turn.isContinuation, found.turn.wholeText
        )
        if let model {
            guard models.find(model) != nil else {
                throw .unknownModel(model, known: models.names)
            }
            message.model = model
        }
        return try await begin(message, by: tenant, request: request, memory: nil)
    }

    /// Asks other words in place of the message of a turn, in a branch of its own.
    ///
    /// The pictures of the message stay with it.
    ///
    /// - Parameters:
    ///   - publicID: the turn.
    ///   - text: the new words.
    ///   - tenant: the tenant who has paid for the turn and pays for the new one.
    ///   - request: the id of the request, for the log.
    ///   - memory: as for ``begin(_:in:by:request:isFresh:memory:)``.
    /// - Returns: the new turn, whose row is on the disk.
    /// - Throws: as ``again(_:with:by:request:)``.
    package func edit(
        _ publicID: String,
        to text: String,
        by tenant: LiveTenant,
        request: String,
        memory: PrepaidMemory?
    ) async throws(BotError) -> LiveTurn {
        let found = try await ended(publicID, tenant)
        var message = beside(found, text.trimmed)
        message.isFresh = false
        return try await begin(message, by: tenant, request: request, memory: memory)
    }

    /// Asks for the rest of an answer that was cut at the model's limit.
    ///
    /// - Throws: ``BotError/notCut`` if the turn is not the last one that its conversation shows or
    ///   its answer was not cut, and as ``again(_:with:by:request:)``.
    package func goOn(
        _ publicID: String,
        by tenant: LiveTenant,
        request: String = "-"
    ) async throws(BotError) -> LiveTurn {
        let found = try await ended(publicID, tenant)
        let message = try rest(of: found.turn, in: found.session)
        return try await begin(message, by: tenant, request: request, memory: nil)
    }

    /// The message that asks for the rest of a turn's answer.
    ///
    /// - Throws: ``BotError/notCut``.
    func rest(of turn: Turn, in session: Session) throws(BotError) -> Message {
        guard turn.ending == .length, turn.state == .done, session.leaf == turn.id else {
            throw .notCut
        }
        var message = Message(Turns.goOn, in: session.publicID, isFresh: true)
        (message.isContinuation, message.model) = (true, turn.wish)
        return message
    }

    /// Shows the branch that begins at a turn, or at the one before or after it among those beside
    /// it.
    ///
    /// The next message follows the last turn of that branch.
    ///
    /// - Throws: ``BotError/noTurn`` if there is none, ``BotError/sessionBusy`` while a turn of the
    ///   conversation is under way.
    package func showBranch(
        at publicID: String,
        step: TurnBranch.Step,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let found = try await stored(publicID, tenant)
        let entry = try gate.enter(found.session.publicID, payer: tenant.row.id)
        defer { gate.leave(entry) }
        let isShown = try await withBotErrors { () async throws(StoreError) in
            try await store.showBranch(at: found.turn, step: step)
        }
        guard isShown else { throw .noTurn }
    }

    private func beside(_ found: TurnInSession, _ text: String) -> Message {
        var message = Message(text, in: found.session.publicID, isFresh: true)
        (message.beside, message.inputs) = (found.turn.id, found.turn.inputs)
        return message
    }

    private func ended(
        _ publicID: String,
        _ tenant: LiveTenant
    ) async throws(BotError) -> TurnInSession {
        let found = try await stored(publicID, tenant)
        guard !found.turn.state.isOpen else { throw .sessionBusy }
        return found
    }
}
