import BerthMemory

/// The sources of memory pressure, and the used part of the nearest limit.
enum PressureSources {
    /// The stall of all tasks, in percent of the last ten seconds, that leads to the third rung.
    ///
    /// At this point the machine reclaims pages that it needs again at once.
    static let stall = 10.0

    /// The used part, in percent, of the nearest limit, which is Berth's own or the cgroup's.
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
