package import BerthMemory

/// The most that the process may hold, and where that figure comes from.
package struct MemoryCeiling: Equatable, Sendable {
    /// Bytes, resident.
    package var limit: ByteCount
    /// `memory.limit`, or what was measured: `80 % of the cgroup's memory.max (160 MiB)`.
    package var source: String

    /// Names a figure's source.
    package init(limit: ByteCount, source: String) {
        self.limit = limit
        self.source = source
    }

    /// Where no cgroup bounds the process.
    package static let unbounded = MemoryCeiling(
        limit: .mebibytes(128),
        source: "no cgroup limits this process's memory"
    )

    /// Finds 80 % of what the kernel allows this process: the lowest limit of its own cgroup and of
    /// all above it, by cgroup v2, v1 or both; ``unbounded`` where none is set.
    ///
    /// The other 20 % are for the page cache and the kernel's own share, which cgroups count too.
    /// Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, "memory.max", and
    /// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>, "memory.limit_in_bytes".
    ///
    /// - Parameter read: gives a small file's text, nil where there is none.
    /// - Returns: the limit, and in words where it comes from.
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
