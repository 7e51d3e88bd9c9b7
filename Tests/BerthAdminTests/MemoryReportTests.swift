import BerthLoop
import BerthMemory
import BerthStore
import Testing

@testable import BerthAdmin

/// The report's arithmetic.
@Suite struct MemoryReportTests {
    /// A heap of 1,000 KiB among 5,055 KiB.
    private static var map: MemoryMap {
        var map = MemoryMap()
        map.program = .kibibytes(1000)
        map.libraries = .kibibytes(2000)
        map.data = .kibibytes(900)
        map.stacks = .kibibytes(100)
        map.kernel = .kibibytes(5)
        map.anonymous = .kibibytes(50)
        map.heap = .kibibytes(1000)
        map.resident = .kibibytes(5055)
        return map
    }

    /// A moment with these figures in KiB, in which SQLite holds 60 and start-up 300.
    private func picture(
        inUse: Int,
        leased: [LeaseHolder] = [],
        of budget: MemoryBudget = MemoryBudget(limit: .mebibytes(8)),
        residue: Int = 0
    ) -> MemoryPicture {
        var fixed = MemoryFixedCosts()
        fixed.mark("curl", accounted: .kibibytes(40), figures: Self.heap(inUse: 140))
        fixed.mark("HTTP", accounted: .kibibytes(40), figures: Self.heap(inUse: 340))
        var picture = MemoryPicture(
            map: Self.map,
            heap: Self.heap(inUse: inUse),
            standing: budget.standing,
            database: SQLiteMemory(used: .kibibytes(60), pages: .kibibytes(20)),
            fixed: fixed
        )
        picture.residue = .kibibytes(residue)
        return picture
    }

    /// A fifth of it is in blocks of its own.
    private static func heap(inUse: Int) -> AllocatorFigures {
        AllocatorFigures(
            arena: .kibibytes(inUse),
            inUse: .kibibytes(inUse - inUse / 5),
            free: .zero,
            mapped: .kibibytes(inUse / 5)
        )
    }

    private func report(_ picture: MemoryPicture) -> MemoryReport {
        MemoryReport(picture, pressure: PressureStanding(), absent: ["libvips: not loaded"])
    }

    private func kibibytes(_ report: MemoryReport, _ account: String) -> Int? {
        report.lines.first { $0.account == account }.map { $0.bytes >> 10 }
    }

    /// In use, residue → unexplained, leased and not in use, given back since, slack.
    private static let cases: [(Int, Int, Int, Int, Int, Int)] = [
        (760, 0, 200, 0, 0, 240),  // more in use than in the accounts
        (560, 0, 0, 0, 0, 440),  // as much in use as in the accounts
        (500, 0, 0, -60, 0, 500),  // less in use than leased
        (500, 90, 90, -150, 0, 500),  // leases do not hide the residue
        (300, 0, 0, -200, -60, 700),  // memory of start-up was given back
        (1300, 0, 740, 0, 0, -300),  // memory in use and not touched yet
    ]

    @Test(arguments: cases)
    func `every part has its line, and they add up`(
        inUse: Int,
        residue: Int,
        unexplained: Int,
        unused: Int,
        back: Int,
        slack: Int
    ) throws {
        let budget = MemoryBudget(limit: .mebibytes(8), holdingBack: .kibibytes(100))
        let ann = budget.account(for: "ann", quota: .mebibytes(4))
        let cache = budget.sharedAccount("cache", quota: .mebibytes(1))
        let leases = [
            LeaseHolder(try ann.lease(.kibibytes(120), for: .replyBuffer)),
            LeaseHolder(try ann.lease(.kibibytes(30), for: .requestBody)),
            LeaseHolder(try cache.lease(.kibibytes(50), for: .cacheEntry)),
        ]
        let report = report(picture(inUse: inUse, of: budget, residue: residue))
        #expect(report.lines.reduce(report.unexplained) { $0 + $1.bytes } == report.rss)
        #expect(report.rss == 5055 << 10 && report.anonymous == 2050 << 10)
        #expect(report.unexplained == unexplained << 10)
        #expect(kibibytes(report, "leased, not in use yet") ?? 0 == unused)
        #expect(kibibytes(report, "start: given back since") ?? 0 == back)
        let name = slack < 0 ? "handed out, not touched yet" : "allocator slack"
        #expect(kibibytes(report, name) == slack)
        #expect(kibibytes(report, "start: curl") == 100 && kibibytes(report, "start: HTTP") == 200)
        #expect(kibibytes(report, "database pages") == 20 && kibibytes(report, "database") == 40)
        let own = report.lines.filter { $0.tenant == "ann" }
        #expect(own.map(\.account) == ["request body", "reply buffer"])
        #expect(own.map { $0.bytes >> 10 } == [30, 120])
        #expect(kibibytes(report, "cache") == 50)
        #expect(report.leased == 200 << 10 && report.reserve == 100 << 10)
        withExtendedLifetime(leases) {}
    }

    @Test func `connections are what they cost`() {
        var picture = picture(inUse: 760)
        let rest = picture.rest
        picture.connections = 10
        let report = report(picture)
        #expect(kibibytes(report, "connections") == (10 * MemoryPicture.connection.bytes) >> 10)
        #expect(rest.bytes - report.unexplained == 10 * MemoryPicture.connection.bytes)
        #expect(report.lines.reduce(report.unexplained) { $0 + $1.bytes } == report.rss)
    }

    @Test func `what nobody reads is absent, by name`() {
        let report = report(picture(inUse: 760))
        let unread = "kernel: its figures were not read yet"
        #expect(report.absent == [unread, "libvips: not loaded"])
        #expect(report.kernel.cgroup == nil && report.pressure.rung == nil)
    }

    @Test func `what the ladder and the kernel say is passed on`() throws {
        var pressure = PressureStanding()
        pressure.kernel = KernelMemory(
            process: ProcessMemory(resident: .mebibytes(5), anonymous: .mebibytes(2), threads: 3),
            cgroup: CgroupMemory(
                version: .v2,
                folder: "/sys",
                current: .mebibytes(30),
                limits: .init(high: .mebibytes(40), max: nil),
                events: .init(high: 4, max: 0)
            ),
            pressure: nil,
            absent: ["PSI: switched off"]
        )
        (pressure.percent, pressure.rung) = (81.26, .shrinkCache)
        (pressure.entered, pressure.regained) = ([.trim: 2], [.trim: .kibibytes(7)])
        pressure.last = (.shrinkCache, .kibibytes(9), .init(milliseconds: 5))
        let report = MemoryReport(picture(inUse: 760), pressure: pressure, absent: [])
        #expect(report.kernel.threads == 3 && report.kernel.cgroup?.version == "v2")
        #expect(report.kernel.cgroup?.high == 40 << 20 && report.kernel.cgroup?.max == nil)
        #expect(report.kernel.cgroup?.throttled == 4 && report.kernel.cgroup?.killed == nil)
        #expect(report.pressure.percent == 81.3 && report.pressure.rung == "shrink-cache")
        #expect(report.pressure.rungs.first?.entered == 2)
        #expect(report.pressure.last?.regained == 9 << 10 && report.pressure.last?.atMs == 5)
        #expect(report.absent == ["PSI: switched off"])
    }

    /// In use (KiB of 5,055 resident) → whether the report has an alarm.
    @Test(arguments: [(360 + 404, false), (360 + 1020, false), (360 + 1025, true)])
    func `a large unexplained part is an alarm`(inUse: Int, isAlarm: Bool) {
        let alarms = report(picture(inUse: inUse)).alarms
        #expect(alarms.keys.contains(.unexplained) == isAlarm)
    }

    @Test func `a lease that nobody works with is named, and is an alarm when large`() throws {
        let budget = MemoryBudget(limit: .mebibytes(8))
        let ann = budget.account(for: "ann", quota: .mebibytes(4))
        let ben = budget.account(for: "ben", quota: .mebibytes(4))
        let work = ben.begin()
        let forgotten = LeaseHolder(try ann.lease(.mebibytes(2), for: .replyBuffer))
        let held = LeaseHolder(try ben.lease(.mebibytes(2), for: .replyBuffer))
        #expect(report(picture(inUse: 760, of: budget)).tenants.flatMap(\.leaks) == [])
        for _ in 1...2 { budget.look() }
        let report = report(picture(inUse: 760, of: budget))
        #expect(report.tenants.map(\.tenant) == ["ann", "ben"])
        #expect(report.tenants[0].leaks == [.init(purpose: "reply buffer", bytes: 2 << 20)])
        #expect(report.tenants[1].leaks.isEmpty)
        #expect(report.alarms == [.leaked: 2 << 20])
        withExtendedLifetime((work, forgotten, held)) {}
    }
}
