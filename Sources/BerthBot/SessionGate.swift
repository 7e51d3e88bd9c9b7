package import BerthLoop
import BerthStore
import BerthWork

/// Lets one turn at a time into each session.
@Loop package final class SessionGate {
    /// By the session's public name.
    private var entries: [String: Entry] = [:]

    /// One session's turn, from its acceptance to its end.
    @Loop package final class Entry {
        /// The tenant who pays.
        let payer: Tenant.ID
        /// The session's public name.
        let session: String
        /// The id of the request that brought the message, for the log.
        let request: String
        /// The session's place, or nil until the turn is accepted.
        var place: Place?
        /// The turn, or nil until it is accepted.
        fileprivate(set) var turn: LiveTurn?
        fileprivate(set) var isStopped = false
        fileprivate var leaving: [Wakeup] = []

        fileprivate init(_ session: String, payer: Tenant.ID, request: String) {
            self.session = session
            self.payer = payer
            self.request = request
        }

        /// Ends the turn, at once or as soon as it is accepted.
        func stop() {
            isStopped = true
            turn?.stop()
        }
    }

    /// Makes a gate that nobody has passed.
    package nonisolated init() {}

    /// Whether a turn of the session is being accepted or answered.
    func isBusy(_ session: String) -> Bool { entries[session] != nil }

    /// Enters a session for one turn.
    ///
    /// - Throws: ``BotError/sessionBusy``.
    func enter(
        _ session: String,
        payer: Tenant.ID,
        request: String = "-"
    ) throws(BotError) -> Entry {
        guard entries[session] == nil else { throw .sessionBusy }
        let entry = Entry(session, payer: payer, request: request)
        entries[session] = entry
        return entry
    }

    /// Ties the accepted turn to its entry.
    ///
    /// A stop that came meanwhile reaches it now.
    func accept(_ turn: LiveTurn, as entry: Entry) {
        entry.turn = turn
        if entry.isStopped { turn.stop() }
    }

    /// Leaves a session, at the turn's end.
    func leave(_ entry: Entry) {
        // A turn that has ended holds its memory as long as anybody knows it.
        entry.turn = nil
        if entries[entry.session] === entry { entries[entry.session] = nil }
        for wakeup in entry.leaving { wakeup.signal() }
        entry.leaving = []
    }

    /// Ends the session's turn.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func stop(_ session: String) -> Bool {
        guard let entry = entries[session] else { return false }
        entry.stop()
        return true
    }

    /// Ends the session's turn if `payer` pays for it.
    ///
    /// - Returns: whether there was such a turn.
    func stop(_ session: String, of payer: Tenant.ID) -> Bool {
        guard entries[session]?.payer == payer else { return false }
        return stop(session)
    }

    /// Ends the session's turn, waits for its end, and enters the session in its place.
    ///
    /// - Returns: nil if the caller was cancelled while it waited. The turn ends all the same.
    func seize(_ session: String, payer: Tenant.ID) async -> Entry? {
        while let present = entries[session] {
            let wakeup = Wakeup()
            present.leaving.append(wakeup)
            present.stop()
            do { try await wakeup.wait() } catch { return nil }
        }
        return try? enter(session, payer: payer)
    }

    /// Returns when no turn of the session is under way.
    ///
    /// - Throws: `CancellationError`.
    func whenFree(_ session: String) async throws(CancellationError) {
        while let present = entries[session] {
            let wakeup = Wakeup()
            present.leaving.append(wakeup)
            try await wakeup.wait()
        }
    }

    /// Ends every turn that a tenant pays for.
    func stopAll(of payer: Tenant.ID) {
        // The order of names makes two runs of the same seed equal.
        for entry in entries.values.sorted(by: { $0.session < $1.session })
        where entry.payer == payer { entry.stop() }
    }
}
