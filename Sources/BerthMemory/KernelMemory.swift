/// The kernel's figures about this process's memory at one moment, and the sources that are absent.
package struct KernelMemory: Equatable, Sendable {
    /// The memory of this process.
    package let process: ProcessMemory?
    /// The memory that is accounted to its cgroup.
    package let cgroup: CgroupMemory?
    /// The time that work stood still for lack of memory.
    package let pressure: MemoryPressure?
    /// The absent sources, each with a reason for people.
    ///
    /// No other figure replaces them.
    package let absent: [String]

    /// Makes figures for the tests of their readers.
    package init(
        process: ProcessMemory?,
        cgroup: CgroupMemory?,
        pressure: MemoryPressure?,
        absent: [String]
    ) {
        self.process = process
        self.cgroup = cgroup
        self.pressure = pressure
        self.absent = absent
    }

    /// Reads all sources, which is cheap enough for once a second.
    ///
    /// Measured (release, two cores, cgroup v1 and PSI): 0.6 ms at 22 MiB resident, of which the
    /// process's own figures take 0.5 ms. Only one small text is held at a time.
    ///
    /// - Parameter read: a function that returns a small file's text, or nil if there is none.
    /// - Returns: the figures, and the names of the absent sources.
    package static func read(
        reading read: (String) -> String? = { TextFile.small($0) }
    ) -> KernelMemory {
        let process = ProcessMemory.read(reading: read)
        let places = CgroupPlace.all(reading: read)
        let cgroup = CgroupMemory.read(places, reading: read)
        let pressure = MemoryPressure.read(places, reading: read)
        var absent: [String] = []
        if process == nil {
            absent.append("process: no figures in /proc/self/smaps_rollup and /proc/self/status")
        }
        absent += cgroup.map(lacks) ?? [withoutCgroup(places, read)]
        if pressure == nil {
            absent.append(
                "PSI: no figures in /proc/pressure/memory; the kernel has it switched off"
            )
        }
        return KernelMemory(process: process, cgroup: cgroup, pressure: pressure, absent: absent)
    }

    /// Why there are no figures of a cgroup.
    private static func withoutCgroup(
        _ places: [CgroupPlace],
        _ read: (String) -> String?
    ) -> String {
        let place = places.first { $0.version == .v1 } ?? places.first
        guard let place, let own = place.folders.first else {
            return "cgroup: /proc/self/cgroup names no hierarchy that could account memory"
        }
        if CgroupMemory.isRootV1(own, reading: read) {
            return "cgroup v1: this process is in the root group, whose figures are the machine's"
        }
        return "cgroup \(place.version): no memory controller for this process at \(own)"
    }

    /// The figures that the cgroup lacks.
    private static func lacks(_ cgroup: CgroupMemory) -> [String] {
        let events = cgroup.events
        var lacks: [String] = []
        if cgroup.version == .v1 {
            lacks.append(
                "memory.high: cgroup v1 has none, so the kernel kills without slowing down first"
            )
        }
        let named = [("max", events.max), ("oom_kill", events.oomKill)]
        let v2 = cgroup.version == .v2 ? [("high", events.high), ("oom", events.oom)] : []
        let missing = (named + v2).filter { $0.1 == nil }.map(\.0)
        if !missing.isEmpty {
            lacks.append(
                "cgroup events: \(missing.joined(separator: ", ")) not at \(cgroup.folder)"
            )
        }
        return lacks
    }
}
