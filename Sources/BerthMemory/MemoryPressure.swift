/// How long work stands still for want of memory (the kernel's PSI).
///
/// Source: <https://docs.kernel.org/accounting/psi.html>.
package struct MemoryPressure: Equatable, Sendable {
    /// Whose work it is.
    package enum Scope: String, Sendable {
        /// Our own cgroup's.
        case cgroup
        /// Everybody's on this machine.
        case machine
    }

    /// The share of time in which tasks stood still.
    package struct Stall: Equatable, Sendable {
        /// Per cent of the last 10 seconds, 0 to 100.
        package let avg10: Double
        /// Per cent of the last 60 seconds, 0 to 100.
        package let avg60: Double
        /// The time in all, since the group or the machine began.
        package let total: Duration

        /// Names figures, for tests of who reads them.
        package init(avg10: Double, avg60: Double, total: Duration) {
            self.avg10 = avg10
            self.avg60 = avg60
            self.total = total
        }
    }

    /// Whose figures they are.
    package let scope: Scope
    /// The file they were read from.
    package let file: String
    /// At least one task stood still.
    package let some: Stall
    /// All tasks stood still at once; nil where the kernel does not say.
    package let full: Stall?

    /// Names figures, for tests of who reads them.
    package init(scope: Scope, file: String, some: Stall, full: Stall?) {
        self.scope = scope
        self.file = file
        self.some = some
        self.full = full
    }

    /// Our own cgroup's figures where it has them, else the machine's; nil where there are neither.
    ///
    /// v2's root has the machine's figures under a cgroup's name; only a root lacks `cgroup.type`.
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
