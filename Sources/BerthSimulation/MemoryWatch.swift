package import BerthLoop
import BerthMemory
package import BerthTelemetry

/// Samples a process's memory five times a second and records the maximum.
@Loop package final class MemoryWatch {
    /// A process's memory at one moment, in bytes.
    package struct Figures: Codable, Equatable, Sendable {
        /// The resident set size: mapped pages in memory, shared ones included.
        package var rss: Int
        /// Private anonymous pages, which the kernel cannot reclaim.
        package var anonymous: Int

        /// Makes figures.
        package init(rss: Int, anonymous: Int) {
            self.rss = rss
            self.anonymous = anonymous
        }
    }

    /// The maximum of each figure seen so far; nil before the first sample.
    package private(set) var peak: Figures?
    private let process: Int32
    private let surroundings: Surroundings
    private let highBefore: Int
    private var timer: Timer?

    private static nonisolated let interval = Duration.milliseconds(200)

    /// Makes a watch of a process whose `/proc` files this user may read.
    package init(process: Int32, in surroundings: Surroundings) {
        self.process = process
        self.surroundings = surroundings
        highBefore = MemoryWatch.highWater(of: process) ?? 0
    }

    /// Samples the process now; nil if it has ended or may not be read.
    package func look() -> Figures? {
        guard let memory = ProcessMemory.read(process: process) else { return nil }
        let now = Figures(rss: memory.resident.bytes, anonymous: memory.anonymous.bytes)
        peak = Figures(
            rss: max(peak?.rss ?? 0, now.rss),
            anonymous: max(peak?.anonymous ?? 0, now.anonymous)
        )
        return now
    }

    /// Samples periodically until ``stop()``.
    package func start() {
        _ = look()
        timer = surroundings.clock.schedule(after: MemoryWatch.interval) { [weak self] in
            self?.start()
        }
    }

    /// Stops sampling.
    package func stop() { timer?.cancel() }

    /// The kernel's own peak RSS, in bytes; nil if it has not risen since this watch was made.
    ///
    /// It includes peaks between two samples.
    package var highWater: Int? {
        MemoryWatch.highWater(of: process).flatMap { $0 > highBefore ? $0 : nil }
    }

    /// Reads `VmHWM`, in bytes.
    private static func highWater(of process: Int32) -> Int? {
        guard let status = TextFile.small("/proc/\(process)/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = Int(line.split(whereSeparator: { !$0.isNumber }).first ?? "")
        else { return nil }
        return kibibytes << 10
    }
}
