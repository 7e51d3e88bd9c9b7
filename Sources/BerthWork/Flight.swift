import BerthCache
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore

/// One call under way whose answer several callers read and pay for.
///
/// The call belongs to the flight, not to the caller that asked first: it goes on while anybody
/// reads, and is cancelled when nobody does.
@Loop final class Flight {
    /// The answer so far.
    let log: Broadcast
    /// The callers beside the first, who share the cost.
    let bill = Bill()
    /// All callers that have ever joined.
    private(set) var callers = 0
    private var readers = 0
    private var followers = 0
    /// The account that pays for the call if its leader's refuses while it has followers.
    let spare = SpareAccount()
    private let account: MemoryAccount
    private var isLed = false
    /// The settlement of the call, which the leader's turn writes together with its end.
    private var settled: Settled?
    private var listeners: [PlaceListener] = []
    private var task: Task<Void, Never>?
    private weak var table: Flights?
    private let key: CacheKey

    init(_ key: CacheKey, _ log: Broadcast, on account: MemoryAccount, in table: Flights) {
        self.key = key
        self.log = log
        self.account = account
        self.table = table
    }

    isolated deinit {}

    /// Counts one more reader.
    func enter(isLeader: Bool) {
        callers += 1
        readers += 1
        if isLeader { isLed = true } else { followers += 1 }
        spare.account = followers > 0 ? account : nil
    }

    /// Counts one reader less.
    ///
    /// The last one to leave cancels the call.
    func leave(isLeader: Bool) {
        readers -= 1
        if isLeader { isLed = false } else { followers -= 1 }
        spare.account = followers > 0 ? account : nil
        guard readers == 0, log.end == nil else { return }
        task?.cancel()
        land()
    }

    /// Takes the settlement of the call, before its end is told.
    ///
    /// It is written at once if the leader has left.
    func settle(_ settled: consuming Settled?) { if isLed { self.settled = consume settled } }

    /// Hands the settlement to the leader's turn, which writes it together with its end.
    func takeSettlements() -> [Settlement] {
        guard let settled = settled.take() else { return [] }
        return settled.pass()
    }

    /// Adds a piece to the log.
    ///
    /// - Throws: ``BotError/sharedCallEnded`` if there is no memory for it, ``BotError/body(_:)`` if
    ///   the log is full.
    func append(_ piece: AnswerPiece) throws(BotError) {
        do throws(BotError) { try log.append(piece) } catch {
            // The log is no caller's, so none may be told of it as of its own.
            throw error.ofAnotherPayer
        }
    }

    /// Has `listener` hear the call's queue position.
    func add(_ listener: PlaceListener?) { if let listener { listeners.append(listener) } }

    /// Tells every listener the call's queue position.
    func tell(_ place: QueuePlace) { for listener in listeners { listener(place) } }

    /// Begins the call, whose end closes the log.
    func begin(in pool: TaskPool, _ call: @escaping @Loop @Sendable () async -> AnswerEnd) {
        task = pool.spawn { [self] in
            let end = await call()
            // Nobody joins a flight that has ended: the next caller asks anew.
            land()
            log.close(end)
            task = nil
        }
    }

    private func land() { table?.remove(self, key) }
}

/// The flights under way, by the name of their question.
@Loop final class Flights {
    private let account: MemoryAccount
    private let pool = TaskPool()
    private var flights: [CacheKey: Flight] = [:]

    /// The most questions at once.
    ///
    /// The next caller asks for itself.
    static nonisolated let most = 1_024
    /// The most callers of one question.
    ///
    /// The next one asks for itself.
    static nonisolated let mostCallers = 4_096

    /// Makes a table without flights, whose logs are leased from `account`.
    init(account: MemoryAccount) { self.account = account }

    /// Whether a flight of `key` is under way.
    func has(_ key: CacheKey) -> Bool { flights[key] != nil }

    /// The flight of `key` that one more caller may join.
    func find(_ key: CacheKey) -> Flight? {
        flights[key].flatMap { $0.callers < Flights.mostCallers ? $0 : nil }
    }

    /// A new flight of `key`, or nil if there is no room or memory for one.
    func open(_ key: CacheKey) -> Flight? {
        guard flights[key] == nil, flights.count < Flights.most,
            let lease = try? account.lease(Broadcast.step, for: .sharedAnswer)
        else { return nil }
        let flight = Flight(key, Broadcast(on: lease), on: account, in: self)
        flights[key] = flight
        return flight
    }

    /// Begins the call of a flight.
    func begin(_ flight: Flight, _ call: @escaping @Loop @Sendable () async -> AnswerEnd) {
        flight.begin(in: pool, call)
    }

    fileprivate func remove(_ flight: Flight, _ key: CacheKey) {
        if flights[key] === flight { flights[key] = nil }
    }

    /// Ends every flight and returns when their calls have ended.
    func close() async {
        pool.cancelAll()
        await pool.drain()
    }
}
