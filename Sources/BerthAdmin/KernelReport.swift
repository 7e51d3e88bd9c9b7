import BerthLoop
import BerthMemory

/// What the kernel says about the process's memory beside its mappings, in bytes.
package struct KernelReport: Codable, Sendable {
    /// What is accounted to the process's cgroup.
    package struct Cgroup: Codable, Sendable {
        /// `v1` or `v2`.
        package let version: String
        /// Held by the group and all below it, with the page cache of files.
        package let current: Int
        /// Above it the kernel slows us down; nil: none.
        package let high: Int?
        /// Above it the kernel kills; nil: none.
        package let max: Int?
        /// How often ``high`` was passed; nil: the kernel does not say.
        package let throttled: Int?
        /// How often ``max`` was reached; nil: the kernel does not say.
        package let reached: Int?
        /// Processes killed for memory; nil: the kernel does not say.
        package let killed: Int?
    }

    /// How much time work stood still for want of memory, in percent of the last ten seconds.
    package struct Stall: Codable, Sendable {
        /// `cgroup`: ours, or `machine`: everybody's.
        package let scope: String
        /// At least one task stood still.
        package let some: Double
        /// All stood still at once; nil: the kernel does not say.
        package let full: Double?
    }

    /// Threads of the process.
    package let threads: Int?
    /// What was in memory and is in swap.
    package let swapped: Int?
    /// nil: none accounts our memory.
    package let cgroup: Cgroup?
    /// nil: the kernel does not say.
    package let stall: Stall?

    init(_ kernel: KernelMemory) {
        threads = kernel.process?.threads
        swapped = kernel.process?.swapped.bytes
        cgroup = kernel.cgroup.map { cgroup in
            Cgroup(
                version: "\(cgroup.version)",
                current: cgroup.current.bytes,
                high: cgroup.high?.bytes,
                max: cgroup.max?.bytes,
                throttled: cgroup.events.high,
                reached: cgroup.events.max,
                killed: cgroup.events.oomKill
            )
        }
        stall = kernel.pressure.map { pressure in
            Stall(
                scope: "\(pressure.scope)",
                some: pressure.some.avg10,
                full: pressure.full?.avg10
            )
        }
    }
}

/// How the pressure ladder stands; sizes are bytes.
package struct PressureReport: Codable, Sendable {
    /// What a rung has done since the start.
    package struct Rung: Codable, Sendable {
        /// As logs and metrics name it.
        package let rung: String
        /// How often it was entered.
        package let entered: Int
        /// What it has given back in all.
        package let regained: Int
    }

    /// What the rung that was entered last gave back.
    package struct Last: Codable, Sendable {
        /// Its name.
        package let rung: String
        /// What it gave back.
        package let regained: Int
        /// When it was entered: UTC milliseconds since 1970.
        package let atMs: Int64

        private enum CodingKeys: String, CodingKey {
            case rung
            case regained
            case atMs = "at_ms"
        }
    }

    /// How much of the limit is taken, in percent.
    package let percent: Double
    /// The highest rung in force; nil: the ground.
    package let rung: String?
    /// What the rung in force does.
    package let does: String?
    /// Mildest first.
    package let rungs: [Rung]
    /// nil: none was entered yet.
    package let last: Last?

    init(_ standing: PressureStanding) {
        percent = (standing.percent * 10).rounded() / 10
        rung = standing.rung?.row.name
        does = standing.rung?.row.does
        rungs = PressureRung.allCases.map { rung in
            Rung(
                rung: rung.row.name,
                entered: standing.entered[rung] ?? 0,
                regained: standing.regained[rung]?.bytes ?? 0
            )
        }
        last = standing.last.map { last in
            Last(
                rung: last.rung.row.name,
                regained: last.regained.bytes,
                atMs: last.at.milliseconds
            )
        }
    }
}
