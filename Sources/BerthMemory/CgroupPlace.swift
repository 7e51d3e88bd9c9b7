/// A hierarchy of cgroups that contains this process and may account its memory.
///
/// Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, and
/// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>.
package struct CgroupPlace: Equatable, Sendable {
    /// The kernel's two interfaces.
    package enum Version: String, Sendable {
        /// The interface with a hierarchy for each controller.
        case v1
        /// The unified hierarchy.
        case v2
    }

    /// The interface of its files.
    package let version: Version
    /// The expected folder of this process's own group, then all folders above it up to the mounted
    /// root.
    ///
    /// In a container the path can be the host's while the mounted root is the container's own
    /// group. Therefore readers use the first folder that has the file.
    package let folders: [String]

    /// The name of the file with the hard limit, `memory.max` or its name in v1.
    package var limitFile: String {
        version == .v2 ? "memory.max" : "memory.limit_in_bytes"
    }

    /// All places of this process.
    ///
    /// - Parameter read: a function that returns a small file's text, or nil if there is none.
    /// - Returns: the places of v2 before those of v1, or none if `/proc/self/cgroup` cannot be read.
    package static func all(
        reading read: (String) -> String? = { TextFile.small($0) }
    ) -> [CgroupPlace] {
        let lines = (read("/proc/self/cgroup") ?? "").split(separator: "\n")
        return lines.flatMap(places).sorted { $0.version == .v2 && $1.version == .v1 }
    }

    /// Reads a line such as `0::/path` (v2) or `4:memory:/path` (v1).
    ///
    /// Other controllers give none.
    private static func places(_ line: Substring) -> [CgroupPlace] {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasPrefix("/") else { return [] }
        if parts[0] == "0", parts[1].isEmpty {
            // A machine with both interfaces has v2 beside the folders of v1.
            return ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map {
                CgroupPlace(version: .v2, folders: folders(of: parts[2], below: $0))
            }
        }
        guard parts[1].split(separator: ",").contains("memory") else { return [] }
        return [
            CgroupPlace(
                version: .v1,
                folders: folders(of: parts[2], below: "/sys/fs/cgroup/memory")
            )
        ]
    }

    private static func folders(of path: Substring, below root: String) -> [String] {
        let names = path.split(separator: "/").map(String.init)
        return (0...names.count).reversed().map { count in
            ([root] + names.prefix(count)).joined(separator: "/")
        }
    }

    /// The text of `file` in the nearest folder that has it, together with that folder.
    package func nearest(
        _ file: String,
        reading read: (String) -> String?
    ) -> (folder: String, text: String)? {
        for folder in folders {
            if let text = read("\(folder)/\(file)") { return (folder, text) }
        }
        return nil
    }

    /// The lowest limit that `file` sets in this process's own group or any group above it.
    ///
    /// - Returns: the limit, or nil if none is set.
    package func lowest(_ file: String, reading read: (String) -> String?) -> ByteCount? {
        folders.compactMap { read("\($0)/\(file)").flatMap(KernelText.limit) }.min()
    }
}
