package import BerthBot
import BerthCache
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthQueue
import BerthStore
package import BerthTelemetry
import BerthWork

/// Keeps the process within its memory limit.
///
/// Each second it asks the kernel what the process holds, corrects the ledger by it, and takes one
/// step on the pressure ladder; when the service falls idle after work it gives back what it can.
@Loop package final class MemoryKeeper: Service {
    /// How the ladder stands.
    package private(set) var standing = PressureStanding()
    let bot: Bot
    let server: any HTTPListener
    private let resources: BotResources
    private let surroundings: Surroundings
    private let read: @Loop () -> KernelMemory
    private var ladder = PressureLadder()
    private var quietLooks = 0
    /// What was open at the last look: fewer now is memory to give back, though nothing was asked.
    private var connections = 0
    private var looksSinceTrim = 0
    /// What was resident when each rung in force was entered.
    private var residentAt: [PressureRung: ByteCount] = [:]
    private var stuckLooks = 0

    /// The smallest room for leases with which a service makes sense: one long message and its
    /// answer.
    package static nonisolated let leastRoom = ByteCount.mebibytes(2)
    private static nonisolated let interval = Duration.seconds(1)
    /// Looks without work before memory is given back.
    private static nonisolated let quiet = 3
    /// Looks at which all wait and nothing is under way, before one goes on.
    private static nonisolated let mostStuckLooks = 5
    /// Looks between two trims while memory is short: a trim takes up to 4 ms.
    private static nonisolated let trimInterval = 5

    /// Makes the keeper.
    ///
    /// `server` is the public one, and `read` gives the kernel's figures.
    package init(
        _ bot: Bot,
        server: any HTTPListener,
        in surroundings: Surroundings,
        reading read: @escaping @Loop () -> KernelMemory = { KernelMemory.read() }
    ) {
        self.bot = bot
        self.server = server
        resources = bot.resources
        self.surroundings = surroundings
        self.read = read
    }

    /// Takes what the process holds now, before anybody asks anything, as its fixed costs.
    ///
    /// - Throws: ``LimitTooLow`` when nothing to work with would be left.
    package func start() async throws {
        await giveBack()
        let kernel = read()
        standing.kernel = kernel
        // Without the kernel's word the ledger alone counts, from nothing.
        guard let resident = kernel.process?.resident else { return }
        resources.budget.setFixed(resident: resident)
        let ledger = resources.budget.standing
        let idle = ledger.fixed + ledger.heldBack
        // An idle service that never left the rung would answer next to nobody.
        let roomy = ByteCount(idle.bytes / PressureRung.queueOnly.row.leaves * 100)
        try check(resources.budget.limit, least: max(roomy, idle + MemoryKeeper.leastRoom))
    }

    /// Puts another limit in force, until the service ends.
    ///
    /// - Throws: ``LimitTooLow``; the limit is then as it was.
    package func setLimit(_ limit: ByteCount) throws {
        let ledger = resources.budget.standing
        try check(limit, least: ledger.fixed + ledger.heldBack + MemoryKeeper.leastRoom)
        let before = resources.budget.limit
        resources.budget.setLimit(limit)
        surroundings.log.info(
            "memory limit changed",
            ["from": .describing(before), "to": .describing(limit)]
        )
    }

    private func check(_ limit: ByteCount, least: ByteCount) throws {
        let ledger = resources.budget.standing
        if limit < least {
            throw LimitTooLow(
                limit: limit,
                fixed: ledger.fixed,
                heldBack: ledger.heldBack,
                least: least
            )
        }
    }

    /// Looks each second until the stop.
    package func run(until stop: Stop) async throws {
        let timer = Wakeup()
        while !stop.isRequested {
            let next = surroundings.clock.schedule(after: MemoryKeeper.interval) { timer.signal() }
            await stop.requested(or: timer)
            next.cancel()
            await look()
        }
    }

    // MARK: A look

    /// Asks the kernel, corrects the ledger, and takes one step where one is due.
    package func look() async {
        let kernel = read()
        standing.kernel = kernel
        standing.heap = .read()
        standing.database = .read()
        if let resident = kernel.process?.resident { resources.budget.rebase(resident: resident) }
        resources.budget.look()
        standing.percent = PressureSources.percent(resources.budget.standing, kernel)
        if let step = ladder.step(at: standing.percent) { await take(step) }
        standing.rung = ladder.rung
        letOnePassWhereStuck()
        await giveBackWhereDue()
    }

    /// Lets one of those who wait ask a provider, where nothing is under way whose end would make
    /// room: else what they hold themselves, or a heap that does not shrink, would keep them waiting
    /// for ever.
    private func letOnePassWhereStuck() {
        let (gate, queues) = (bot.gate, bot.queues)
        let running = Lane.allCases.reduce(0) { $0 + queues.count(in: $1).running }
        stuckLooks = gate.count > 0 && running == 0 ? stuckLooks + 1 : 0
        guard stuckLooks > MemoryKeeper.mostStuckLooks else { return }
        stuckLooks = 0
        gate.letOnePass()
    }

    private func giveBackWhereDue() async {
        let isClosing = server.openConnections < connections
        connections = server.openConnections
        let isActive = isClosing || server.openRequests + bot.turns.running > 0
        quietLooks = isActive ? 0 : min(quietLooks + 1, MemoryKeeper.quiet + 1)
        looksSinceTrim += 1
        let isShort = ladder.rung != nil && looksSinceTrim >= MemoryKeeper.trimInterval
        guard quietLooks == MemoryKeeper.quiet || isShort else { return }
        await giveBack()
        // Whoever is furthest over its share may be another one by now.
        if ladder.rung == .refuseLargest { refuseTheLargest() }
    }

    private func giveBack() async {
        looksSinceTrim = 0
        resources.client.dropSpareHandles()
        // One that is at work needs its cache, and behind a disk that stands still nobody is to be
        // waited for: the next look would not come.
        if resources.store.pending == 0 { await resources.store.releaseMemory() }
        Allocator.trim()
    }

    // MARK: Rungs

    private func take(_ step: PressureLadder.Step) async {
        let before = standing.kernel?.process?.resident
        switch step {
        case .entered(let rung):
            residentAt[rung] = before
            await enter(rung)
            guard let after = read().process?.resident else { return note(rung, .zero) }
            resources.budget.rebase(resident: after)
            note(rung, max(.zero, (before ?? after) - after))
        case .left(let rung):
            leave(rung)
            let then = residentAt.removeValue(forKey: rung)
            let regained = max(.zero, (then ?? .zero) - (before ?? .zero))
            surroundings.log.info(
                "memory: a rung is left",
                [
                    "rung": .text(rung.row.name), "percent": .int(Int(standing.percent)),
                    "regained_since": .describing(regained),
                ]
            )
        }
    }

    private func enter(_ rung: PressureRung) async {
        switch rung {
        case .trim: break
        case .shrinkCache: bot.cache.keep(part: 0.25)
        case .dropIdle:
            server.closeIdle()
            resources.client.closeIdle()
        case .queueOnly: bot.gate.close()
        case .refuseLargest: refuseTheLargest()
        }
        await giveBack()
    }

    private func leave(_ rung: PressureRung) {
        switch rung {
        case .trim, .dropIdle: break
        case .shrinkCache: bot.cache.keep(part: 1)
        case .queueOnly: bot.gate.open()
        case .refuseLargest: resources.budget.refuseNobody()
        }
    }

    private func refuseTheLargest() {
        guard let tenant = resources.budget.refuseTheLargest() else { return }
        surroundings.log.warning("memory: the largest gets nothing new", ["tenant": .text(tenant)])
    }

    private func note(_ rung: PressureRung, _ regained: ByteCount) {
        standing.entered[rung, default: 0] += 1
        standing.regained[rung, default: .zero] += regained
        standing.last = (rung, regained, surroundings.clock.timestamp)
        surroundings.log.warning(
            "memory: a rung is entered",
            [
                "rung": .text(rung.row.name), "does": .text(rung.row.does),
                "percent": .int(Int(standing.percent)),
                "limit": .describing(resources.budget.limit), "regained": .describing(regained),
            ]
        )
    }
}

/// A memory limit in which the service itself does not fit.
package struct LimitTooLow: Error, CustomStringConvertible {
    let limit: ByteCount
    let fixed: ByteCount
    let heldBack: ByteCount
    /// The least that would do.
    let least: ByteCount

    package var description: String {
        "memory.limit is \(limit), but Berth itself holds \(fixed) before anybody asks, holds back "
            + "\(heldBack) to say so when memory runs out, and needs room to work with: "
            + "make it at least \(least)"
    }
}

/// How near the process is to the nearest of its limits.
enum PressureSources {
    /// Stalls of everybody at once for this part of the last ten seconds, in percent, are taken for
    /// the third rung: the machine reclaims what it needs again.
    static let stall = 10.0

    /// In percent of the limit that is nearest: ours, or the cgroup's.
    static func percent(_ ledger: MemoryStanding, _ kernel: KernelMemory) -> Double {
        var percent = ledger.fraction(resident: kernel.process?.resident) * 100
        if let cgroup = kernel.cgroup,
            let bound = [cgroup.high, cgroup.max].compactMap(\.self).min()
        {
            let part = Double(cgroup.unreclaimable.bytes) / Double(max(1, bound.bytes))
            percent = max(percent, part * 100)
        }
        if let stalled = kernel.pressure?.full?.avg10, stalled >= stall {
            percent = max(percent, Double(PressureRung.dropIdle.row.enters))
        }
        return percent
    }
}
