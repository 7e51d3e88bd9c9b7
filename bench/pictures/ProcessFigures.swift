import BerthMemory
import Glibc

/// The kernel's figures of this process.
struct ProcessFigures {
    /// Makes the largest resident size that of this moment.
    static func reset() {
        let file = unsafe open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        _ = unsafe write(file, "5", 1)
        close(file)
    }

    /// The resident size, and the largest one since the last reset.
    static var resident: ByteCount { figure("VmRSS:") }
    static var peak: ByteCount { figure("VmHWM:") }

    /// The open descriptors.
    static var descriptors: Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }

    private static func figure(_ name: String) -> ByteCount {
        let lines = TextFile.small("/proc/self/status")?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix(name) }?.dropFirst(name.count) ?? ""
        return .kibibytes(Int(line.filter(\.isNumber)) ?? 0)
    }
}
