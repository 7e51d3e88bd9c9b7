import BerthCache
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// One question upstream, however many ask.
@Suite(.loop, .timeLimit(.minutes(5))) struct SingleFlightTests {
    private struct Refused: Error, Equatable {}

    @Loop @Test func `fifty ask, one works, fifty read all of it`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        let pool = TaskPool()
        var answers: [String] = []
        var outcomes: [Int] = []
        for number in 0..<50 {
            let listener = try flights.join(key(1)) { flight in
                upstream.calls += 1
                for word in ["one ", "two ", "three"] {
                    upstream.begun.signal()
                    try await upstream.step.wait()
                    try flight.write(bytes(word))
                }
                return 7
            }
            #expect(listener.isLeader == (number == 0))
            pool.spawn {
                guard let (text, outcome) = try? await readAll(listener) else { return }
                answers.append(text)
                outcomes.append(outcome)
            }
        }
        for _ in 0..<3 {
            try await upstream.begun.wait()
            upstream.step.signal()
        }
        await pool.drain()
        #expect(upstream.calls == 1)
        #expect(answers == [String](repeating: "one two three", count: 50))
        #expect(outcomes == [Int](repeating: 7, count: 50))
        let counts = (flights.started, flights.joined, flights.count)
        #expect(counts == (1, 49, 0))
    }

    @Loop @Test func `who joins late reads from the start`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        let work: SingleFlight<Int>.Work = { flight in
            try flight.write(bytes("early "))
            upstream.begun.signal()
            try await upstream.step.wait()
            try flight.write(bytes("late"))
            return flight.askers
        }
        let first = try flights.join(key(1), work: work)
        try await upstream.begun.wait()
        let second = try flights.join(key(1), work: work)
        upstream.step.signal()
        let (text, askers) = try await readAll(second)
        let (same, _) = try await readAll(first)
        #expect(text == "early late")
        #expect(same == text)
        #expect(askers == 2)
    }

    @Loop @Test func `the leader's cancel leaves the others their answer`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        let work: SingleFlight<Int>.Work = { flight in
            upstream.begun.signal()
            try await upstream.step.wait()
            try flight.write(bytes("all"))
            return 1
        }
        let leader = try flights.join(key(1), work: work)
        let follower = try flights.join(key(1), work: work)
        try await upstream.begun.wait()
        let left = Wakeup()
        let task = EventLoop.shared.spawn {
            _ = try? await leader.next()
            left.signal()
        }
        task.cancel()
        try await left.wait()
        upstream.step.signal()
        let (text, _) = try await readAll(follower)
        #expect(text == "all")
    }

    @Loop @Test func `when nobody listens the work is cancelled, and the next asks anew`()
        async throws
    {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        let work: SingleFlight<Int>.Work = { _ in
            upstream.calls += 1
            upstream.begun.signal()
            do { try await upstream.step.wait() } catch {
                upstream.ended.signal()
                throw error
            }
            return 1
        }
        let first = try flights.join(key(1), work: work)
        let second = try flights.join(key(1), work: work)
        try await upstream.begun.wait()
        first.leave()
        first.leave()
        let inTheAir = flights.count
        second.leave()
        let landed = flights.count
        try await upstream.ended.wait()
        upstream.step.signal()
        let again = try await flights.value(of: key(1)) { 5 }
        #expect(inTheAir == 1 && landed == 0)
        #expect(again == 5)
        #expect(upstream.calls == 1)
    }

    @Loop @Test func `letting go of a listener is leaving`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        do {
            let listener = try flights.join(key(1)) { _ in
                do { try await upstream.step.wait() } catch {
                    upstream.ended.signal()
                    throw error
                }
                return 1
            }
            #expect(listener.isLeader)
        }
        try await upstream.ended.wait()
        #expect(flights.count == 0)
    }

    @Loop @Test func `an error is everybody's, and not the next asker's`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let upstream = Upstream()
        let pool = TaskPool()
        var failed = 0
        for _ in 0..<5 {
            pool.spawn {
                do {
                    _ = try await flights.value(of: key(1)) {
                        upstream.begun.signal()
                        try await upstream.step.wait()
                        throw Refused()
                    }
                } catch is Refused { failed += 1 } catch {}
            }
        }
        try await upstream.begun.wait()  // the tasks before it in the queue have all joined
        upstream.step.signal()
        await pool.drain()
        let next = try await flights.value(of: key(1)) { 3 }
        #expect(failed == 5)
        #expect(next == 3)
    }

    @Loop @Test func `more than a flight may keep ends it for everybody`() async throws {
        var limits = FlightLimits()
        limits.buffer = .kibibytes(16)
        let ledger = account()
        let flights = SingleFlight<Int>(account: ledger, limits: limits)
        var errors: [CacheError] = []
        do {
            let listeners = try (0..<2).map { _ in
                try flights.join(key(1)) { flight in
                    while true { try flight.write([UInt8](repeating: 65, count: 5_000)) }
                }
            }
            for listener in listeners {
                do { _ = try await readAll(listener) } catch let error as CacheError {
                    errors.append(error)
                }
            }
        }
        await flights.close()
        let tooLarge = CacheError.tooLarge(bytes: 20_000, most: 16_384)
        #expect(errors == [tooLarge, tooLarge])
    }

    @Loop @Test func `without memory, or with too many flights, the asker is told at once`()
        async throws
    {
        let poor = SingleFlight<Int>(account: account(.kibibytes(4)))
        #expect(throws: CacheError.self) { try poor.join(key(1)) { _ in 1 } }
        var limits = FlightLimits()
        limits.flights = 1
        limits.askers = 2
        let few = SingleFlight<Int>(account: account(), limits: limits)
        let never = Wakeup()
        let work: SingleFlight<Int>.Work = { _ in
            try await never.wait()
            return 1
        }
        let first = try few.join(key(1), work: work)
        let second = try few.join(key(1), work: work)
        #expect(throws: CacheError.tooManyFlights(most: 1)) { try few.join(key(2), work: work) }
        #expect(throws: CacheError.tooManyFlights(most: 2)) { try few.join(key(1), work: work) }
        first.leave()
        second.leave()
        await few.close()
    }

    @Loop @Test func `a piece never ends within a character`() async throws {
        let flights = SingleFlight<Int>(account: account())
        let text = "a" + String(repeating: "🙂", count: 10_000)
        let listener = try flights.join(key(1)) { flight in
            try flight.write(bytes(text))
            return 1
        }
        var all = ""
        while let piece = try await listener.next() {
            let isWhole = String(validating: piece, as: UTF8.self) != nil
            #expect(isWhole)
            all += String(decoding: piece, as: UTF8.self)
        }
        #expect(all == text)
    }
}

/// The far end of a flight, which a test moves.
@Loop private final class Upstream {
    var calls = 0
    let begun = Wakeup()
    let step = Wakeup()
    let ended = Wakeup()
}

/// Everything that a listener reads, and how its flight ended.
@Loop private func readAll(_ listener: FlightListener<Int>) async throws -> (String, Int) {
    var text: [UInt8] = []
    while let piece = try await listener.next() { text += piece }
    return (String(decoding: text, as: UTF8.self), try listener.outcome())
}
