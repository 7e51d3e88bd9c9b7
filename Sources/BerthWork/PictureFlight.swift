import BerthLoop
import BerthProviders
import BerthQueue
import BerthStore

/// An order of pictures under way, whose pictures several callers wait and pay for.
///
/// The order belongs to the flight. It goes on while a caller waits, and is cancelled when none does.
@Loop final class PictureFlight {
    /// The tenant whose order it is.
    let payer: LiveTenant
    /// The callers beside the first, who share the cost.
    let bill = Bill()
    /// The end of the order, or nil before it.
    private(set) var outcome: Outcome?
    private var isLeft = false
    private var readers: [PictureReader] = []
    /// The last progress, which is told those who join.
    private var progress: PictureProgress?
    /// Whether it goes on without a caller.
    private let isOfEarlierRun: Bool
    private var task: Task<Void, Never>?
    private weak var table: PictureFlights?
    private let name: [UInt8]?

    /// The end of an order.
    enum Outcome {
        /// The pictures, and the model that made them.
        case made([MadePicture], String)
        case failed(BotError)
    }

    fileprivate init(
        _ name: [UInt8]?,
        of payer: LiveTenant,
        isOfEarlierRun: Bool,
        in table: PictureFlights
    ) {
        self.name = name
        self.payer = payer
        self.isOfEarlierRun = isOfEarlierRun
        self.table = table
        guard isOfEarlierRun else { return }
        // Its callers of that time are unknown, so the ones that join now pay nothing.
        bill.release()
        bill.asks()
    }

    /// Whether the job is left to the next start, because the service stops.
    var leavesJob: Bool { isLeft || table?.isClosed == true }

    /// The tenant whose files the pictures become: the first who waits for them.
    var owner: LiveTenant { isOfEarlierRun ? payer : readers.first?.payer ?? payer }

    /// Has `ask` wait for the end of the order.
    func enter(_ ask: PictureAsk, isLeader: Bool = false) -> PictureReader {
        let reader = PictureReader(ask, in: self, isLeader: isLeader)
        readers.append(reader)
        if let progress { ask.progress?(progress) }
        return reader
    }

    /// Has a caller wait no longer.
    ///
    /// The last one to leave cancels the order. A leader that leaves its job to the next start ends
    /// the order for all.
    ///
    /// - Returns: whether the order ends because of that.
    fileprivate func leave(_ reader: PictureReader, leavingJob: Bool) -> Bool {
        readers.removeAll { $0 === reader }
        guard outcome == nil else { return true }
        if leavingJob {
            isLeft = true
            for other in readers { other.interrupt(.stopping) }
        }
        guard readers.isEmpty, !isOfEarlierRun else { return false }
        // Nobody joins an order that is being cancelled.
        table?.remove(self, name)
        task?.cancel()
        return true
    }

    /// Tells every caller the order's queue position.
    func tell(_ place: QueuePlace) { for reader in readers { reader.ask.listener?(place) } }

    /// Tells every caller the order's progress at the provider.
    func tell(_ progress: PictureProgress) {
        self.progress = progress
        for reader in readers { reader.ask.progress?(progress) }
    }

    /// Begins the order, which ends the flight.
    fileprivate func begin(in pool: TaskPool, _ order: @escaping PictureFlights.Order) {
        task = pool.spawn { [self] in
            do throws(BotError) {
                let made = try await order()
                land(.made(made.pictures, made.model))
                // The settlement is written at once if the leader has left.
                readers.first { $0.isLeader }?.made = made
            } catch { land(.failed(error)) }
            for reader in readers { reader.wake() }
            (readers, task) = ([], nil)
        }
    }

    private func land(_ outcome: Outcome) {
        table?.remove(self, name)
        self.outcome = outcome
        // A failure that bought nothing leaves every caller its reservation for an order of its own.
        if !bill.isCharged { bill.release() }
    }

    /// Returns when the order has ended, also to a caller that is cancelled.
    fileprivate func ended() async { await task?.value }
}

/// One caller's wait for an order of pictures that others may share.
@Loop final class PictureReader: BillReader {
    fileprivate let ask: PictureAsk
    fileprivate let isLeader: Bool
    /// The pictures with their settlement, if this is the leader.
    fileprivate var made: MadePictures?
    private let flight: PictureFlight
    private var interruption: BotError?
    private let bell = Wakeup()

    fileprivate init(_ ask: PictureAsk, in flight: PictureFlight, isLeader: Bool) {
        self.ask = ask
        self.flight = flight
        self.isLeader = isLeader
    }

    fileprivate var payer: LiveTenant { ask.payer }

    fileprivate func wake() { bell.signal() }

    func interrupt(_ reason: BotError) {
        guard interruption == nil else { return }
        interruption = reason
        _ = flight.leave(self, leavingJob: false)
        bell.signal()
    }

    /// Waits for the end of the order.
    ///
    /// - Returns: the pictures, which are the files of one of the callers. nil if nothing was bought
    ///   for a reason that may be the leader's own, so that this caller orders them itself.
    /// - Throws: ``BotError``.
    func pictures() async throws(BotError) -> MadePictures? {
        while flight.outcome == nil, interruption == nil {
            do { try await bell.wait() } catch {
                guard flight.leave(self, leavingJob: isLeader && ask.leavesJobs()) else {
                    throw .provider(.cancelled)
                }
                await flight.ended()
            }
        }
        if let interruption { throw interruption }
        switch flight.outcome {
        case .made(let pictures, let model):
            return made ?? MadePictures(pictures, by: model, isCached: false)
        case .failed(let error) where isLeader: throw error
        case .failed(let error):
            if Task.isCancelled { throw .provider(.cancelled) }
            let isOfAll = !error.mayBeOfOnePayer && error.disposition.fault == .provider
            // Callers that were charged do not order again.
            guard isOfAll || flight.bill.isCharged else { return nil }
            throw error.ofAnotherPayer
        case nil: throw .provider(.cancelled)
        }
    }
}

/// The orders of pictures under way, by the name of their pictures.
@Loop final class PictureFlights {
    /// Makes the pictures.
    typealias Order = @Loop @Sendable () async throws(BotError) -> MadePictures

    /// Whether the service ends.
    fileprivate private(set) var isClosed = false
    private let pool = TaskPool()
    private var flights: [[UInt8]: PictureFlight] = [:]

    /// The order of that name under way.
    func find(_ name: [UInt8]) -> PictureFlight? { flights[name] }

    /// A new order, which others find if it has a name that no other order under way has.
    ///
    /// - Parameters:
    ///   - name: the name of its pictures.
    ///   - payer: the tenant whose order it is.
    ///   - isOfEarlierRun: whether it goes on without a caller. Those who join then pay nothing.
    /// - Returns: the flight, which has not begun.
    func open(
        _ name: [UInt8]?,
        of payer: LiveTenant,
        isOfEarlierRun: Bool = false
    ) -> PictureFlight {
        let flight = PictureFlight(name, of: payer, isOfEarlierRun: isOfEarlierRun, in: self)
        if let name, flights[name] == nil { flights[name] = flight }
        return flight
    }

    /// Begins the order of a flight.
    func begin(_ flight: PictureFlight, _ order: @escaping Order) {
        flight.begin(in: pool, order)
    }

    fileprivate func remove(_ flight: PictureFlight, _ name: [UInt8]?) {
        guard let name else { return }
        if flights[name] === flight { flights[name] = nil }
    }

    /// Ends every order, leaves its job to the next start, and returns when all have ended.
    func close() async {
        isClosed = true
        pool.cancelAll()
        await pool.drain()
    }
}
