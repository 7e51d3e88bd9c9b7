package import BerthMemory

/// The limit of the process's memory, and the source of that figure.
package struct MemoryCeiling: Equatable, Sendable {
    /// The largest resident size.
    package var limit: ByteCount
    /// `memory.limit`, or a measured limit such as `80 % of the cgroup's memory.max (160 MiB)`.
    package var source: String

    /// Makes a limit with its source.
    package init(limit: ByteCount, source: String) {
        self.limit = limit
        self.source = source
    }

    /// The limit of a process that no cgroup limits.
    package static let unbounded = MemoryCeiling(
        limit: .mebibytes(128),
        source: "no cgroup limits this process's memory"
    )

    /// Measures 80 % of the memory that the kernel allows this process.
    ///
    /// The kernel's limit is the lowest one of the process's cgroup and all its ancestors, in
    /// cgroup v2, v1 or both. ``unbounded`` if none is set.
    ///
    /// The other 20 % are for the page cache and the kernel's own memory, which cgroups count too.
    /// Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, "memory.max", and
    /// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>, "memory.limit_in_bytes".
    ///
    /// - Parameter read: returns a small file's text, or nil if there is no such file.
    /// - Returns: the limit, with its source in words.
    package static func detect(
        reading read: (String) -> String? = { TextFile.small($0) }
    ) -> MemoryCeiling {
        let limits = CgroupPlace.all(reading: read).compactMap { place in
            place.lowest(place.limitFile, reading: read).map { (count: $0, file: place.limitFile) }
        }
        guard let lowest = limits.min(by: { $0.count < $1.count }) else { return .unbounded }
        return MemoryCeiling(
            limit: ByteCount(lowest.count.bytes / 5 * 4),
            source: "80 % of the cgroup's \(lowest.file) (\(lowest.count))"
        )
    }
}
