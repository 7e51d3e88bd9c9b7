/// The memory that the kernel accounts to this process's cgroup, such as a container or a systemd
/// unit.
///
/// It includes more than RSS: the page cache of files that were read, and the kernel's own memory.
package struct CgroupMemory: Equatable, Sendable {
    /// Counts since the group was made.
    ///
    /// A count is nil if the kernel's interface lacks it.
    package struct Events: Equatable, Sendable {
        /// The number of times that the processes were slowed down for exceeding
        /// ``CgroupMemory/high``.
        package let high: Int?
        /// The number of times that the group reached its own hard limit (`failcnt` in v1).
        package let max: Int?
        /// The number of times that reclaiming failed and an allocation was about to fail.
        package let oom: Int?
        /// The number of processes of the group that the kernel killed for lack of memory.
        package let oomKill: Int?

        /// Makes counts for the tests of their readers.
        package init(high: Int? = nil, max: Int? = nil, oom: Int? = nil, oomKill: Int? = nil) {
            self.high = high
            self.max = max
            self.oom = oom
            self.oomKill = oomKill
        }
    }

    /// The interface that the figures were read from.
    package let version: CgroupPlace.Version
    /// The folder of this process's own group.
    package let folder: String
    /// The bytes that the process's own group and all groups below it hold now.
    package let current: ByteCount
    /// The part of ``current`` in file pages that were not used lately.
    ///
    /// The kernel reclaims them before it slows any process down.
    package let reclaimable: ByteCount
    /// The lowest limits of the process's group and all groups above it.
    package let limits: Limits
    /// The counts of the process's own group.
    ///
    /// If a group above reaches its limit, only that group counts it.
    package let events: Events

    /// The limits of a group and all groups above it.
    package struct Limits: Equatable, Sendable {
        /// The limit above which the kernel slows the group down, or nil if there is none.
        package let high: ByteCount?
        /// The limit above which the kernel kills, or nil if there is none.
        package let max: ByteCount?

        /// Makes limits.
        package init(high: ByteCount?, max: ByteCount?) {
            self.high = high
            self.max = max
        }
    }

    /// The limit above which the kernel slows the process down, or nil if there is none.
    package var high: ByteCount? { limits.high }
    /// The limit above which the kernel kills, or nil if there is none.
    package var max: ByteCount? { limits.max }

    /// Makes figures for the tests of their readers.
    package init(
        version: CgroupPlace.Version,
        folder: String,
        current: ByteCount,
        reclaimable: ByteCount = .zero,
        limits: Limits,
        events: Events
    ) {
        self.version = version
        self.folder = folder
        self.current = current
        self.reclaimable = reclaimable
        self.limits = limits
        self.events = events
    }

    /// The bytes that count against the limits and cannot be reclaimed.
    package var unreclaimable: ByteCount { Swift.max(.zero, current - reclaimable) }

    /// Reads the figures of the first of `places` that has any.
    static func read(_ places: [CgroupPlace], reading read: (String) -> String?) -> CgroupMemory? {
        for place in places {
            if let found = CgroupMemory.read(place, reading: read) { return found }
        }
        return nil
    }

    /// Reads the figures of `place`, or returns nil if it does not account memory.
    ///
    /// The root of a v1 hierarchy accounts the whole machine, so its figures are ignored. The root
    /// of v2 has no memory files.
    private static func read(
        _ place: CgroupPlace,
        reading read: (String) -> String?
    ) -> CgroupMemory? {
        let isV2 = place.version == .v2
        let file = isV2 ? "memory.current" : "memory.usage_in_bytes"
        guard let (folder, text) = place.nearest(file, reading: read),
            let current = KernelText.number(text),
            !isRootV1(folder, reading: read)
        else { return nil }
        let inactive = isV2 ? "inactive_file" : "total_inactive_file"
        let reclaimable = read("\(folder)/memory.stat").map(KernelText.init)?.number(inactive)
        return CgroupMemory(
            version: place.version,
            folder: folder,
            current: ByteCount(current),
            reclaimable: ByteCount(reclaimable ?? 0),
            limits: Limits(
                high: isV2 ? place.lowest("memory.high", reading: read) : nil,
                max: place.lowest(place.limitFile, reading: read)
            ),
            events: isV2 ? eventsV2(folder, read) : eventsV1(folder, read)
        )
    }

    /// Whether `folder` is the real root of a v1 hierarchy.
    ///
    /// Only a real root has the file `cgroup.sane_behavior`; a container's root lacks it.
    static func isRootV1(_ folder: String, reading read: (String) -> String?) -> Bool {
        read("\(folder)/cgroup.sane_behavior") != nil
    }

    private static func eventsV2(_ folder: String, _ read: (String) -> String?) -> Events {
        guard let text = read("\(folder)/memory.events").map(KernelText.init) else {
            return Events()
        }
        return Events(
            high: text.number("high"),
            max: text.number("max"),
            oom: text.number("oom"),
            oomKill: text.number("oom_kill")
        )
    }

    private static func eventsV1(_ folder: String, _ read: (String) -> String?) -> Events {
        Events(
            max: read("\(folder)/memory.failcnt").flatMap { KernelText.number($0) },
            oomKill: read("\(folder)/memory.oom_control").map(KernelText.init)?.number("oom_kill")
        )
    }
}
