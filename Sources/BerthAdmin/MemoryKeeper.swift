package import BerthBot
import BerthCache
package import BerthHTTP
import BerthImage
package import BerthLoop
package import BerthMemory
import BerthQueue
import BerthStore
package import BerthTelemetry
import BerthWork

/// Keeps the process within its memory limit.
///
/// Each second it reads the process's resident size, corrects the ledger by it, and takes at most
/// one step on the pressure ladder. When the service becomes idle after work, it trims the heap.
@Loop package final class MemoryKeeper: Service {
    /// The state of the ladder.
    package private(set) var standing = PressureStanding()
    let bot: Bot
    let server: any HTTPListener
    private let resources: BotResources
    private let surroundings: Surroundings
    private let read: @Loop () -> KernelMemory
    private var ladder = PressureLadder()
    private var quietLooks = 0
    /// The open connections at the last look.
    ///
    /// If there are fewer now, there is memory to free, even if no request came.
    private var connections = 0
    private var looksSinceTrim = 0
    /// The resident size at which each rung in force was entered.
    private var residentAt: [PressureRung: ByteCount] = [:]
    private var stuckLooks = 0

    /// The smallest useful room for leases, which is one long message and its answer.
    package static nonisolated let leastRoom = ByteCount.mebibytes(2)
    private static nonisolated let interval = Duration.seconds(1)
    /// The number of looks without work after which the heap is trimmed.
    private static nonisolated let quiet = 3
    /// The number of looks at which all requests wait and none runs, after which one may pass.
    private static nonisolated let mostStuckLooks = 5
    /// The number of looks between two trims while memory is short, because a trim takes up to 4
    /// ms.
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

    /// Records the resident size of the idle process as its fixed costs.
    ///
    /// It is called before the first request.
    ///
    /// - Throws: ``LimitTooLow`` if the limit leaves no room for work.
    package func start() async throws {
        await giveBack()
        let kernel = read()
        standing.kernel = kernel
        // Without the kernel's figures the ledger counts leases only.
        guard let resident = kernel.process?.resident else { return }
        resources.budget.setFixed(resident: resident)
        let ledger = resources.budget.standing
        let idle = ledger.fixed + ledger.heldBack
        // If an idle service could not leave this rung, it would answer hardly any request.
        let roomy = ByteCount(idle.bytes / PressureRung.queueOnly.row.leaves * 100)
        try check(resources.budget.limit, least: max(roomy, idle + MemoryKeeper.leastRoom))
    }

    /// Changes the limit until the service ends.
    ///
    /// - Throws: ``LimitTooLow``. The limit does not change then.
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

    /// Looks every second until the stop.
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

    /// Reads the kernel's figures, corrects the ledger, and takes a step on the ladder if one is
    /// due.
    package func look() async {
        Loop.works(on: WorkLabel("memory's look"))
        let kernel = read()
        standing.kernel = kernel
        standing.heap = .read()
        standing.database = .read()
        if let resident = kernel.process?.resident { resources.budget.rebase(resident: resident) }
        resources.budget.look()
        standing.percent = PressureSources.percent(resources.budget.standing, kernel)
        while let step = ladder.step(at: standing.percent) {
            await take(step)
            // A rung that frees nothing cannot make the next one unnecessary.
            guard case .entered(let rung) = step, rung.isForPictures else { break }
        }
        standing.rung = ladder.rung
        letOnePassWhereStuck()
        await giveBackWhereDue()
    }

    /// Lets one waiting request pass if no running work could free memory by its end.
    ///
    /// Without this, the memory of the waiting requests themselves, or a heap that does not shrink,
    /// would keep them waiting for ever.
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
        // Another tenant may be furthest over its share by now.
        if ladder.rung == .refuseLargest { refuseTheLargest() }
    }

    private func giveBack() async {
        looksSinceTrim = 0
        // A busy database needs its cache. A stalled disk would also delay the next look.
        if resources.store.pending == 0 { await resources.store.releaseMemory() }
        Loop.works(on: WorkLabel("the return of free pages"))
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
                "memory: left a rung of the pressure ladder",
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
        case .onePicture: bot.pictures.pressure = .oneAtATime
        case .smallPictures: bot.pictures.pressure = .smaller
        case .textOnly: bot.pictures.pressure = .textOnly
        case .queueOnly: bot.gate.close()
        case .refuseLargest: refuseTheLargest()
        }
        if !rung.isForPictures { await giveBack() }
    }

    private func leave(_ rung: PressureRung) {
        switch rung {
        case .trim, .dropIdle: break
        case .shrinkCache: bot.cache.keep(part: 1)
        case .onePicture: bot.pictures.pressure = .none
        case .smallPictures: bot.pictures.pressure = .oneAtATime
        case .textOnly: bot.pictures.pressure = .smaller
        case .queueOnly: bot.gate.open()
        case .refuseLargest: resources.budget.refuseNobody()
        }
    }

    private func refuseTheLargest() {
        guard let tenant = resources.budget.refuseTheLargest() else { return }
        surroundings.log.warning(
            "memory: the tenant furthest over its share is refused",
            ["tenant": .text(tenant)]
        )
    }

    private func note(_ rung: PressureRung, _ regained: ByteCount) {
        standing.entered[rung, default: 0] += 1
        standing.regained[rung, default: .zero] += regained
        standing.last = (rung, regained, surroundings.clock.timestamp)
        surroundings.log.warning(
            "memory: entered a rung of the pressure ladder",
            [
                "rung": .text(rung.row.name), "does": .text(rung.row.does),
                "percent": .int(Int(standing.percent)),
                "limit": .describing(resources.budget.limit), "regained": .describing(regained),
            ]
        )
    }
}
