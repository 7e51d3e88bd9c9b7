import BerthAdmin
import BerthLoop
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

/// Warnings about a machine's clock, and the date over restarts.
@Suite(.loop, .timeLimit(.minutes(20))) struct ClockKeeperTests {
    /// A keeper over a store in memory.
    @Loop private struct World {
        let machine = ManualClock()
        let lines = LogLines()
        let store: Database
        let clock: SteadyClock
        let keeper: ClockKeeper

        init() async throws {
            store = try await .inMemory(log: .silent)
            clock = try await ClockKeeper.clock(over: machine, store, .silent)
            let surroundings = Surroundings.quiet(clock, log: lines.log)
            keeper = ClockKeeper(clock, store: store, in: surroundings)
        }

        /// Looks after a second.
        func look() async {
            machine.advance(by: .seconds(1))
            await keeper.look()
        }

        var warnings: [String] { lines.all.filter { $0.contains("has jumped") } }
    }

    @Loop @Test func `a jump is named once, with its size`() async throws {
        let world = try await World()
        await world.look()
        world.machine.step(by: .seconds(86_400))
        for _ in 0..<5 { await world.look() }
        let first = world.warnings
        #expect(first.count == 1 && first[0].contains("by=+1d"))
        world.machine.step(by: .seconds(-3600))
        for _ in 0..<90 { await world.look() }
        let second = world.warnings
        #expect(second.count == 2 && second[1].contains("by=-1h"))
        await world.store.close()
    }

    @Loop @Test func `a clock that jumps all the time is named once a minute`() async throws {
        let world = try await World()
        for second in 0..<180 {
            world.machine.step(by: .seconds(second % 2 == 0 ? 7200 : -3600))
            await world.look()
        }
        #expect((2...4).contains(world.warnings.count))
        await world.store.close()
    }

    @Loop @Test func `a clock that NTP slews is not named`() async throws {
        let world = try await World()
        for _ in 0..<100 {
            world.machine.step(by: .milliseconds(20))
            await world.look()
        }
        #expect(world.lines.all.isEmpty)
        await world.store.close()
    }

    @Loop @Test func `the next run goes on with the date, and says that the machine differs`()
        async throws
    {
        let world = try await World()
        await world.keeper.start()
        #expect(world.lines.all.isEmpty)
        world.machine.step(by: .seconds(-31_536_000))
        world.machine.advance(by: .seconds(10))
        let next = try await ClockKeeper.clock(over: world.machine, world.store, .silent)
        #expect(next.timestamp - world.machine.timestamp == .seconds(31_536_000))
        let surroundings = Surroundings.quiet(next, log: world.lines.log)
        await ClockKeeper(next, store: world.store, in: surroundings).start()
        #expect(world.lines.all.count == 1)
        #expect(world.lines.all[0].contains("differs from the date of the last run"))
        await world.store.close()
    }

    @Loop @Test func `a stored date that is damaged is dropped with a word`() async throws {
        let world = try await World()
        try await world.store.keep(Array(#"{"date":1e400}"#.utf8), as: .clock)
        let clock = try await ClockKeeper.clock(over: world.machine, world.store, world.lines.log)
        #expect(clock.timestamp == world.machine.timestamp)
        #expect(world.lines.all.count == 1)
        await world.store.close()
    }
}
