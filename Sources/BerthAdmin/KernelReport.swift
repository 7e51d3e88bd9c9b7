import BerthMemory

/// The kernel's figures about the process's memory beside its mappings, in bytes.
package struct KernelReport: Codable, Sendable {
    /// The figures of the process's cgroup.
    package struct Cgroup: Codable, Sendable {
        /// `v1` or `v2`.
        package let version: String
        /// The memory of the group and its children, including the page cache of files.
        package let current: Int
        /// The kernel throttles the group above this, or nil without such a limit.
        package let high: Int?
        /// The kernel kills processes of the group above this, or nil without such a limit.
        package let max: Int?
        /// The number of times that ``high`` was passed, or nil if the kernel does not say.
        package let throttled: Int?
        /// The number of times that ``max`` was reached, or nil if the kernel does not say.
        package let reached: Int?
        /// Processes killed for memory, or nil if the kernel does not say.
        package let killed: Int?
    }

    /// The time that tasks were stalled on memory, in percent of the last ten seconds.
    package struct Stall: Codable, Sendable {
        /// `cgroup` for the process's own group, or `machine` for all processes.
        package let scope: String
        /// Percent of the time in which at least one task was stalled.
        package let some: Double
        /// Percent of the time in which all tasks were stalled, or nil if the kernel does not
        /// say.
        package let full: Double?
    }

    /// Threads of the process, or nil if the kernel does not say.
    package let threads: Int?
    /// Bytes of the process that are in swap, or nil if the kernel does not say.
    package let swapped: Int?
    /// The process's cgroup, or nil if no group accounts its memory.
    package let cgroup: Cgroup?
    /// The stalls, or nil if the kernel does not say.
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
