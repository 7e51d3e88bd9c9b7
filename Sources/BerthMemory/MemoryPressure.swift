/// The time that work stands still for lack of memory (the kernel's PSI).
///
/// Source: <https://docs.kernel.org/accounting/psi.html>.
package struct MemoryPressure: Equatable, Sendable {
    /// The processes that the figures cover.
    package enum Scope: String, Sendable {
        /// The processes of this process's own cgroup.
        case cgroup
        /// All processes of the machine.
        case machine
    }

    /// The share of time in which tasks stood still.
    package struct Stall: Equatable, Sendable {
        /// Per cent of the last 10 seconds, 0 to 100.
        package let avg10: Double
        /// Per cent of the last 60 seconds, 0 to 100.
        package let avg60: Double
        /// The total time since the group was made or the machine started.
        package let total: Duration

        /// Makes figures for the tests of their readers.
        package init(avg10: Double, avg60: Double, total: Duration) {
            self.avg10 = avg10
            self.avg60 = avg60
            self.total = total
        }
    }

    /// The processes that the figures cover.
    package let scope: Scope
    /// The path of the file that the figures were read from.
    package let file: String
    /// The share of time in which at least one task stood still.
    package let some: Stall
    /// The share of time in which all tasks stood still at once, or nil if the kernel lacks it.
    package let full: Stall?

    /// Makes figures for the tests of their readers.
    package init(scope: Scope, file: String, some: Stall, full: Stall?) {
        self.scope = scope
        self.file = file
        self.some = some
        self.full = full
    }

    /// Reads the figures of this process's own cgroup, or the machine's if it has none.
    ///
    /// Returns nil if there are neither.
    ///
    /// The root of v2 has the machine's figures in a cgroup's file. Only a root lacks `cgroup.type`.
    static func read(_ places: [CgroupPlace], reading read: (String) -> String?) -> MemoryPressure?
    {
        for place in places where place.version == .v2 {
            guard let (folder, text) = place.nearest("memory.pressure", reading: read),
                read("\(folder)/cgroup.type") != nil
            else { continue }
            let file = "\(folder)/memory.pressure"
            if let found = MemoryPressure(.cgroup, file, KernelText(text)) { return found }
        }
        let file = "/proc/pressure/memory"
        return read(file).flatMap { MemoryPressure(.machine, file, KernelText($0)) }
    }

    private init?(_ scope: Scope, _ file: String, _ text: KernelText) {
        guard let some = text.pressure("some") else { return nil }
        self.init(scope: scope, file: file, some: some, full: text.pressure("full"))
    }
}
