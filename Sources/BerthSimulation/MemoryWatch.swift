package import BerthLoop
import BerthMemory
package import BerthTelemetry

/// Looks at what a process holds, five times a second, and remembers the most.
@Loop package final class MemoryWatch {
    /// What a process holds at one moment, in bytes.
    package struct Figures: Codable, Equatable, Sendable {
        /// Mapped pages that are in memory, shared ones included.
        package var rss: Int
        /// The part that nothing can reclaim: private and anonymous.
        package var anonymous: Int

        /// Makes figures.
        package init(rss: Int, anonymous: Int) {
            self.rss = rss
            self.anonymous = anonymous
        }
    }

    /// The most of each that was ever seen.
    package private(set) var peak: Figures?
    private let process: Int32
    private let surroundings: Surroundings
    private let highBefore: Int
    private var timer: Timer?

    private static nonisolated let interval = Duration.milliseconds(200)

    /// Makes a watch of a process that this user may look into.
    package init(process: Int32, in surroundings: Surroundings) {
        self.process = process
        self.surroundings = surroundings
        highBefore = MemoryWatch.highWater(of: process) ?? 0
    }

    /// What it holds now; nil when it is gone or may not be looked into.
    package func look() -> Figures? {
        guard let memory = ProcessMemory.read(process: process) else { return nil }
        let now = Figures(rss: memory.resident.bytes, anonymous: memory.anonymous.bytes)
        peak = Figures(
            rss: max(peak?.rss ?? 0, now.rss),
            anonymous: max(peak?.anonymous ?? 0, now.anonymous)
        )
        return now
    }

    /// Looks again and again until ``stop()``.
    package func start() {
        _ = look()
        timer = surroundings.clock.schedule(after: MemoryWatch.interval) { [weak self] in
            self?.start()
        }
    }

    /// Ends the looking.
    package func stop() { timer?.cancel() }

    /// The most pages that were ever in memory by the kernel's own count, where that rose while
    /// this watch was: it sees what comes and goes between two looks.
    package var highWater: Int? {
        MemoryWatch.highWater(of: process).flatMap { $0 > highBefore ? $0 : nil }
    }

    /// `VmHWM`, in bytes.
    private static func highWater(of process: Int32) -> Int? {
        guard let status = TextFile.small("/proc/\(process)/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "")
        else { return nil }
        return kibibytes << 10
    }
}
