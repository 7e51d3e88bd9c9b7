/// A hierarchy of cgroups that this process is in and that may account its memory.
///
/// Source: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, and
/// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>.
package struct CgroupPlace: Equatable, Sendable {
    /// Which of the kernel's two interfaces.
    package enum Version: String, Sendable {
        /// One controller a hierarchy.
        case v1
        /// The unified hierarchy.
        case v2
    }

    /// Which interface its files follow.
    package let version: Version
    /// Where this process's own group would be, then all above it up to the mounted root.
    ///
    /// A container may see its own group as the root while the path is the host's, so the first
    /// folder that has a file is the one that counts.
    package let folders: [String]

    /// The file of the hard limit, `memory.max` or v1's name of it.
    package var limitFile: String {
        version == .v2 ? "memory.max" : "memory.limit_in_bytes"
    }

    /// The places of this process.
    ///
    /// - Parameter read: gives a small file's text, nil where there is none.
    /// - Returns: v2's before v1's; none where `/proc/self/cgroup` cannot be read.
    package static func all(
        reading read: (String) -> String? = { TextFile.small($0) }
    ) -> [CgroupPlace] {
        let lines = (read("/proc/self/cgroup") ?? "").split(separator: "\n")
        return lines.flatMap(places).sorted { $0.version == .v2 && $1.version == .v1 }
    }

    /// Reads `0::/path` (v2) or `4:memory:/path` (v1); none for all other controllers.
    private static func places(_ line: Substring) -> [CgroupPlace] {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasPrefix("/") else { return [] }
        if parts[0] == "0", parts[1].isEmpty {
            // A machine with both has v2 beside v1's folders.
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

    /// The text of `file` in the nearest folder that has it, and that folder.
    package func nearest(
        _ file: String,
        reading read: (String) -> String?
    ) -> (folder: String, text: String)? {
        for folder in folders {
            if let text = read("\(folder)/\(file)") { return (folder, text) }
        }
        return nil
    }

    /// The lowest limit that `file` sets for this process: its own group's and all above it count.
    ///
    /// - Returns: nil where none is set.
    package func lowest(_ file: String, reading read: (String) -> String?) -> ByteCount? {
        folders.compactMap { read("\($0)/\(file)").flatMap(KernelText.limit) }.min()
    }
}
