import BerthMemory
import Glibc

/// The most memory that this process has held since a moment, above what it held then.
struct PeakMemory {
    private let before: Int

    init() {
        let file = unsafe open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        _ = unsafe write(file, "5", 1)
        close(file)
        before = PeakMemory.figure("VmRSS:")
    }

    var bytes: Int { max(0, PeakMemory.figure("VmHWM:") - before) }

    private static func figure(_ name: String) -> Int {
        let lines = TextFile.small("/proc/self/status")?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix(name) }?.dropFirst(name.count) ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}
