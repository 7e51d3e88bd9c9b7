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
        let places = (read("/proc/self/cgroup") ?? "").split(separator: "\n").compactMap(Place.init)
        let limits = places.compactMap { place in
            place.lowest(read).map { (bytes: $0, file: place.file) }
        }
        guard let lowest = limits.min(by: { $0.bytes < $1.bytes }) else { return .unbounded }
        return MemoryCeiling(
            limit: ByteCount(lowest.bytes / 5 * 4),
            source: "80 % of the cgroup's \(lowest.file) (\(ByteCount(lowest.bytes)))"
        )
    }

    /// A line of `/proc/self/cgroup`: which hierarchy, and where in it this process is.
    private struct Place {
        let root: String
        let path: Substring
        let file: String

        /// Reads `0::/path` (v2) or `4:memory:/path` (v1); nil for all other controllers.
        init?(_ line: Substring) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].hasPrefix("/") else { return nil }
            path = parts[2]
            if parts[0] == "0", parts[1].isEmpty {
                (root, file) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                return nil
            }
        }

        /// The lowest limit from here up to the root.
        ///
        /// A container may see its own cgroup as the root while the path is the host's, so folders
        /// that are not there are passed over.
        func lowest(_ read: (String) -> String?) -> Int? {
            var names = path.split(separator: "/")
            var lowest: Int?
            while true {
                let folder = ([root] + names.map(String.init)).joined(separator: "/")
                if let limit = read("\(folder)/\(file)").flatMap(Self.limit) {
                    lowest = min(lowest ?? limit, limit)
                }
                guard names.popLast() != nil else { return lowest }
            }
        }

        /// v2 says `max` for none, v1 a number near 2^63; a pebibyte and more is none.
        private static func limit(_ text: String) -> Int? {
            let digits = text.prefix { $0 != "\n" }
            return Int(digits).flatMap { (1..<(1 << 50)).contains($0) ? $0 : nil }
        }
    }
}
