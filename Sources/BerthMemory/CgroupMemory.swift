/// What the kernel accounts to this process's cgroup: container, systemd unit.
///
/// It counts more than RSS: the page cache of files that were read, and the kernel's own memory.
package struct CgroupMemory: Equatable, Sendable {
    /// What happened since the group was made; nil where its interface does not say.
    package struct Events: Equatable, Sendable {
        /// Times that the processes were slowed down for being over ``CgroupMemory/high``.
        package let high: Int?
        /// Times that the group reached its own hard limit (v1: failcnt).
        package let max: Int?
        /// Times that reclaiming was in vain and an allocation was about to fail.
        package let oom: Int?
        /// Processes of the group that were killed for memory.
        package let oomKill: Int?

        /// Names figures, for tests of their readers.
        package init(high: Int? = nil, max: Int? = nil, oom: Int? = nil, oomKill: Int? = nil) {
            self.high = high
            self.max = max
            self.oom = oom
            self.oomKill = oomKill
        }
    }

    /// Which interface it was read from.
    package let version: CgroupPlace.Version
    /// The folder of our own group.
    package let folder: String
    /// Held now by our own group and all below it.
    package let current: ByteCount
    /// The part of ``current`` that is file pages nobody has used lately: the kernel takes those
    /// back by itself before it slows anybody down.
    package let reclaimable: ByteCount
    /// The lowest limits of our group and of all above it.
    package let limits: Limits
    /// Our own group's; a limit that a group above us reached is counted there.
    package let events: Events

    /// The limits of a group and of all above it.
    package struct Limits: Equatable, Sendable {
        /// Above this the kernel slows the group down, if there is such a limit.
        package let high: ByteCount?
        /// Above this the kernel kills, if there is such a limit.
        package let max: ByteCount?

        /// Names limits.
        package init(high: ByteCount?, max: ByteCount?) {
            self.high = high
            self.max = max
        }
    }

    /// Above this the kernel slows us down, if there is such a limit.
    package var high: ByteCount? { limits.high }
    /// Above this the kernel kills, if there is such a limit.
    package var max: ByteCount? { limits.max }

    /// Names figures, for tests of their readers.
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

    /// What stands against the limits in earnest.
    package var unreclaimable: ByteCount { Swift.max(.zero, current - reclaimable) }

    /// Reads the figures of the first of `places` that has any.
    static func read(_ places: [CgroupPlace], reading read: (String) -> String?) -> CgroupMemory? {
        for place in places {
            if let found = CgroupMemory.read(place, reading: read) { return found }
        }
        return nil
    }

    /// Reads the figures of `place`; nil where it does not account memory.
    ///
    /// The root of a v1 hierarchy accounts the whole machine, which says nothing about us; v2's root
    /// has no memory files.
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

    /// Whether `folder` is the real root of a v1 hierarchy: only that has `cgroup.sane_behavior`, a
    /// container's root has not.
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
