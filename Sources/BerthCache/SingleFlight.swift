package import BerthLoop
package import BerthMemory

/// The same question, asked once: the first asker starts a flight, whoever asks the same until it
/// lands listens to it from its start.
///
/// The work belongs to the flight, not to whoever asked first: it goes on while anybody listens,
/// and is cancelled when nobody does. A flight that has ended or was cancelled is not joined any
/// more; the next asker starts a new one.
@Loop package final class SingleFlight<Value: Sendable> {
    private let account: MemoryAccount
    private let limits: FlightLimits
    private let pool = TaskPool()
    private var flights: [CacheKey: Flight<Value>] = [:]
    /// Askers who did not have to ask upstream.
    package private(set) var joined = 0
    /// Flights started.
    package private(set) var started = 0

    /// What a flight does: writes what it learns, and returns its outcome.
    package typealias Work = @Loop @Sendable (Flight<Value>) async throws -> Value

    /// Makes a table without flights, whose buffers are leased from `account`.
    package init(account: MemoryAccount, limits: FlightLimits = FlightLimits()) {
        self.account = account
        self.limits = limits
    }

    /// Flights in the air.
    package var count: Int { flights.count }

    /// Listens to the flight of `key`, which `work` starts where there is none.
    ///
    /// - Throws: ``CacheError/tooManyFlights(most:)``, or ``CacheError/memory(_:)``; the caller
    ///   then asks upstream for itself.
    package func join(
        _ key: CacheKey,
        work: @escaping Work
    ) throws(CacheError) -> FlightListener<Value> {
        if let flight = flights[key] {
            guard flight.askers < limits.askers else { throw .tooManyFlights(most: limits.askers) }
            joined += 1
            return FlightListener(flight)
        }
        guard flights.count < limits.flights else { throw .tooManyFlights(most: limits.flights) }
        let flight: Flight<Value>
        do { flight = try Flight(most: limits.buffer, account: account) } catch {
            throw .memory(error)
        }
        started += 1
        flights[key] = flight
        flight.onOver = { [weak self] in self?.land(key) }
        let listener = FlightListener(flight)
        let task = pool.spawn {
            do { flight.end(.success(try await work(flight))) } catch {
                flight.end(.failure(error))
            }
        }
        flight.canceller = { task.cancel() }
        return listener
    }

    /// The whole value of `key`, asked for once however many want it now.
    ///
    /// - Throws: the work's error, the same for every asker; `CancellationError` when the caller is
    ///   cancelled, while the others go on; ``CacheError`` as ``join(_:work:)``.
    package func value(
        of key: CacheKey,
        work: @escaping @Loop @Sendable () async throws -> Value
    ) async throws -> Value {
        let listener = try join(key) { _ in try await work() }
        defer { listener.leave() }
        while try await listener.next() != nil {}
        return try listener.outcome()
    }

    /// Ends every flight and waits until their work has.
    package func close() async {
        pool.cancelAll()
        await pool.drain()
    }

    private func land(_ key: CacheKey) { flights[key] = nil }
}

/// How many flights there are, and how large.
package struct FlightLimits: Equatable, Sendable {
    /// Different questions at once; the next asker is refused and asks for itself.
    package var flights = 1_024
    /// Askers of one question; the next is refused and asks for itself.
    package var askers = 4_096
    /// The most that one flight keeps: all of it, because who joins late reads from the start.
    ///
    /// A flight that would keep more ends with an error, for everybody. 1 MiB is about 250,000
    /// tokens, beyond any model's output.
    package var buffer = ByteCount.mebibytes(1)

    /// The defaults.
    package init() {}
}

/// One question on its way: everything it has brought so far, for any number of listeners.
@Loop package final class Flight<Value: Sendable> {
    /// Everybody who has ever listened: among them the cost is shared.
    package private(set) var askers = 0
    /// The end; nil while more may come.
    private(set) var outcome: Result<Value, any Error>?
    private(set) var bytes: [UInt8] = []
    fileprivate var canceller: (@Loop () -> Void)?
    fileprivate var onOver: (@Loop () -> Void)?
    private let most: ByteCount
    private var lease: MemoryLease
    /// In the order in which they joined, which is the order in which they are woken.
    private var listeners: [Wakeup] = []

    private nonisolated static var step: ByteCount { .kibibytes(8) }

    fileprivate init(most: ByteCount, account: MemoryAccount) throws(BudgetError) {
        self.most = most
        lease = try account.lease(Flight.step, for: .sharedAnswer)
    }

    /// Adds to what every listener reads.
    ///
    /// - Throws: ``CacheError/tooLarge(bytes:most:)`` or ``CacheError/memory(_:)``; nothing is
    ///   added then, and the work is expected to end with that error.
    package func write(_ piece: [UInt8]) throws(CacheError) {
        let total = bytes.count + piece.count
        guard total <= most.bytes else { throw .tooLarge(bytes: total, most: most.bytes) }
        do throws(BudgetError) {
            try lease.grow(to: ByteCount(total), step: Flight.step)
        } catch { throw .memory(error) }
        bytes += piece
        wake()
    }

    fileprivate func end(_ outcome: Result<Value, any Error>) {
        self.outcome = outcome
        over()
        wake()
    }

    fileprivate func subscribe(_ wakeup: Wakeup) {
        askers += 1
        listeners.append(wakeup)
    }

    fileprivate func unsubscribe(_ wakeup: Wakeup) {
        guard let index = listeners.firstIndex(where: { $0 === wakeup }) else { return }
        listeners.remove(at: index)
        guard listeners.isEmpty, outcome == nil else { return }
        canceller?()
        over()
    }

    private func over() {
        canceller = nil
        onOver?()
        onOver = nil
    }

    private func wake() { for listener in listeners { listener.signal() } }
}

/// One asker's place in a ``Flight``; letting go of it is leaving.
@Loop package final class FlightListener<Value: Sendable> {
    /// What is listened to.
    package let flight: Flight<Value>
    /// Whether this asker was the first, and so made the flight.
    package let isLeader: Bool
    private let wakeup = Wakeup()
    private var offset = 0

    /// Bytes in one piece.
    private nonisolated static var mostPiece: Int { 16 << 10 }

    fileprivate init(_ flight: Flight<Value>) {
        self.flight = flight
        isLeader = flight.askers == 0
        flight.subscribe(wakeup)
    }

    deinit {
        let (flight, wakeup) = (flight, wakeup)
        Loop.post { flight.unsubscribe(wakeup) }
    }

    /// What came since the last call, at most 16 KiB and never a part of a character; nil when the
    /// flight has ended and all is read: ``outcome()`` says how.
    ///
    /// - Throws: `CancellationError` when the asking task is cancelled, which has then left.
    package func next() async throws(CancellationError) -> [UInt8]? {
        while true {
            if offset < flight.bytes.count { return piece() }
            if flight.outcome != nil { return nil }
            do { try await wakeup.wait() } catch {
                leave()
                throw error
            }
        }
    }

    /// How the flight ended.
    ///
    /// - Throws: the work's error; `CancellationError` while it has not ended.
    package func outcome() throws -> Value {
        guard let outcome = flight.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Stops listening; the last one to leave ends the flight.
    package func leave() { flight.unsubscribe(wakeup) }

    private func piece() -> [UInt8] {
        let bytes = flight.bytes
        var end = min(offset + FlightListener.mostPiece, bytes.count)
        let earliest = max(offset + 1, end - 3)
        while end < bytes.count, end > earliest, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        defer { offset = end }
        return Array(bytes[offset..<end])
    }
}
