import BerthLoop
import BerthProviders
import BerthQueue
import BerthStore

/// An order of pictures under way, for whose end the same orders of others wait.
///
/// They take its pictures from the cache then.
@Loop final class PictureFlight {
    /// The tenant who pays for the order.
    let leader: Tenant.ID
    private var listeners: [PlaceListener] = []
    private var progress: [PictureAsk.ProgressListener] = []
    private var waiting: [Wakeup] = []
    private var hasLanded = false
    /// The error for those who wait, or nil if they may look for the pictures or order them.
    private var error: BotError?

    /// Makes the flight of an order.
    init(_ ask: PictureAsk) {
        leader = ask.payer.row.id
        listen(ask)
    }

    /// Tells `ask` the progress of the order.
    private func listen(_ ask: PictureAsk) {
        if let listener = ask.listener { listeners.append(listener) }
        if let listener = ask.progress { progress.append(listener) }
    }

    /// The leader's ask, whose progress all who wait are told.
    func leading(_ ask: PictureAsk) -> PictureAsk {
        var ask = ask
        ask.listener = { [weak self] place in
            for listener in self?.listeners ?? [] { listener(place) }
        }
        ask.progress = { [weak self] state in
            for listener in self?.progress ?? [] { listener(state) }
        }
        return ask
    }

    /// Ends the flight.
    ///
    /// A reason of the leader's own, such as its quota, is not told to the others.
    func land(_ failure: BotError?) {
        hasLanded = true
        if let failure, !failure.mayBeOfOnePayer, failure.disposition.fault == .provider {
            error = failure.ofAnotherPayer
        }
        for bell in waiting { bell.signal() }
        (waiting, listeners, progress) = ([], [], [])
    }

    /// Waits for the end of the order.
    ///
    /// - Throws: ``BotError`` of the provider, which this order would meet too, or because the task
    ///   is cancelled.
    func wait(_ ask: PictureAsk) async throws(BotError) {
        listen(ask)
        let bell = Wakeup()
        waiting.append(bell)
        defer { waiting.removeAll { $0 === bell } }
        while !hasLanded {
            do { try await bell.wait() } catch { throw .provider(.cancelled) }
        }
        if let error { throw error }
    }
}
