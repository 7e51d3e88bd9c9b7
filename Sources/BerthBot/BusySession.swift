import BerthLoop
import BerthStore

/// A session whose turn is being accepted or answered.
@Loop final class BusySession {
    let owner: Tenant.ID
    /// Its public name.
    let session: String
    /// The id of the request that brought the message, for the log.
    let request: String
    /// nil until it is accepted.
    var turn: LiveTurn?
    private(set) var isStopped = false

    init(owner: Tenant.ID, session: String, request: String = "-") {
        self.owner = owner
        self.session = session
        self.request = request
    }

    func stop() {
        isStopped = true
        turn?.stop()
    }
}
