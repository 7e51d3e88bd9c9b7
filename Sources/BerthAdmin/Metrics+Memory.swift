import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry

extension Metrics {
    /// Adds the ledger's figures and the last ones of the kernel.
    ///
    /// Nothing is measured for a scrape.
    @Loop func add(_ memory: MemoryReports) {
        addLedger(memory)
        addKernel(memory)
        addLadder(memory)
    }

    @Loop private func addLedger(_ memory: MemoryReports) {
        func gauge(_ name: String, _ help: String, _ read: @escaping @Loop (MemoryStanding) -> Int)
        {
            self.gauge("berth_memory_\(name)", help: help) { Double(read(memory.standing)) }
        }
        gauge("limit_bytes", "Memory limit of the process.") { $0.limit.bytes }
        gauge("base_bytes", "Memory beside leases, as measured last.") { $0.base.bytes }
        gauge("leased_bytes", "Memory leased, over all accounts.") { $0.leased.bytes }
        gauge("free_bytes", "Memory that may still be leased.") { $0.free.bytes }
        gauge("waiting", "Requests that wait for memory.") { $0.waiting }
        counter("berth_memory_refused_total", help: "Refused leases.") { _ in
            memory.standing.accounts.reduce(0) { $0 + $1.refusals }
        }
        counter(
            "berth_memory_drift_bytes_total",
            help: "Corrections of the ledger by measurement.",
            label: "direction",
            values: ["up", "down"]
        ) { direction in
            let drift = memory.standing.drift
            return (direction == "up" ? drift.up : drift.down).bytes
        }
    }

    @Loop private func addKernel(_ memory: MemoryReports) {
        func gauge(
            _ name: String,
            _ help: String,
            _ read: @escaping @Loop (KernelMemory) -> Double?
        ) {
            self.gauge(name, help: help) { memory.pressure.kernel.flatMap(read) }
        }
        gauge("process_resident_memory_bytes", "Resident memory (smaps_rollup).") {
            $0.process.map { Double($0.resident.bytes) }
        }
        gauge("berth_anonymous_memory_bytes", "Resident memory that cannot be reclaimed.") {
            $0.process.map { Double($0.anonymous.bytes) }
        }
        self.gauge(
            "berth_memory_heap_bytes",
            help: "Memory of malloc's heap by state.",
            label: "state",
            values: ["in_use", "free"]
        ) { state in
            memory.pressure.heap.map { heap in
                Double((state == "free" ? heap.free : heap.inUse + heap.mapped).bytes)
            }
        }
        self.gauge("berth_memory_sqlite_bytes", help: "Memory of SQLite.") {
            memory.pressure.database.map { Double($0.used.bytes) }
        }
        gauge("berth_memory_cgroup_current_bytes", "Memory of the process's cgroup.") {
            $0.cgroup.map { Double($0.current.bytes) }
        }
        gauge("berth_memory_cgroup_max_bytes", "Hard limit of the cgroup.") {
            $0.cgroup?.max.map { Double($0.bytes) }
        }
        gauge("berth_memory_pressure_avg10", "Time that tasks were stalled on memory, percent.") {
            $0.pressure?.some.avg10
        }
    }

    @Loop private func addLadder(_ memory: MemoryReports) {
        let names = PressureRung.allCases.map(\.row.name)
        let named = { (name: String) in PressureRung.allCases.first { $0.row.name == name } }
        gauge("berth_memory_rung", help: "Rung of the pressure ladder in force, 0 if none is.") {
            Double(memory.pressure.rung.map { $0.rawValue + 1 } ?? 0)
        }
        counter(
            "berth_memory_rung_entries_total",
            help: "Entries into a rung.",
            label: "rung",
            values: names
        ) { name in named(name).flatMap { memory.pressure.entered[$0] } ?? 0 }
        counter(
            "berth_memory_rung_regained_bytes_total",
            help: "Memory that a rung has freed.",
            label: "rung",
            values: names
        ) { name in named(name).flatMap { memory.pressure.regained[$0] }?.bytes ?? 0 }
    }
}
