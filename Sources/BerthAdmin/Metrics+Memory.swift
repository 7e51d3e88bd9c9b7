import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry

extension Metrics {
    /// Adds what the ledger knows and what the kernel said last: nothing is read for a scrape.
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
        gauge("limit_bytes", "The most that the process may hold.") { $0.limit.bytes }
        gauge("base_bytes", "Held beside leases, as measured last.") { $0.base.bytes }
        gauge("leased_bytes", "Leased, over all accounts.") { $0.leased.bytes }
        gauge("free_bytes", "What may be leased still.") { $0.free.bytes }
        gauge("waiting", "Requests that wait for memory.") { $0.waiting }
        counter("berth_memory_refused_total", help: "Leases that were refused.") { _ in
            memory.standing.accounts.reduce(0) { $0 + $1.refusals }
        }
        counter(
            "berth_memory_drift_bytes_total",
            help: "By how much measurement corrected the ledger.",
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
        gauge("berth_anonymous_memory_bytes", "The part that cannot be reclaimed.") {
            $0.process.map { Double($0.anonymous.bytes) }
        }
        self.gauge(
            "berth_memory_heap_bytes",
            help: "What malloc holds, handed out or free.",
            label: "state",
            values: ["in_use", "free"]
        ) { state in
            memory.pressure.heap.map { heap in
                Double((state == "free" ? heap.free : heap.inUse + heap.mapped).bytes)
            }
        }
        self.gauge("berth_memory_sqlite_bytes", help: "What SQLite holds.") {
            memory.pressure.database.map { Double($0.used.bytes) }
        }
        gauge("berth_memory_cgroup_current_bytes", "Accounted to the process's cgroup.") {
            $0.cgroup.map { Double($0.current.bytes) }
        }
        gauge("berth_memory_cgroup_max_bytes", "The cgroup's hard limit.") {
            $0.cgroup?.max.map { Double($0.bytes) }
        }
        gauge("berth_memory_pressure_avg10", "Time that work stood still for memory, percent.") {
            $0.pressure?.some.avg10
        }
    }

    @Loop private func addLadder(_ memory: MemoryReports) {
        let names = PressureRung.allCases.map(\.row.name)
        let named = { (name: String) in PressureRung.allCases.first { $0.row.name == name } }
        gauge("berth_memory_rung", help: "The rung of the pressure ladder in force; 0: none.") {
            Double(memory.pressure.rung.map { $0.rawValue + 1 } ?? 0)
        }
        counter(
            "berth_memory_rung_entries_total",
            help: "How often a rung was entered.",
            label: "rung",
            values: names
        ) { name in named(name).flatMap { memory.pressure.entered[$0] } ?? 0 }
        counter(
            "berth_memory_rung_regained_bytes_total",
            help: "What a rung has given back.",
            label: "rung",
            values: names
        ) { name in named(name).flatMap { memory.pressure.regained[$0] }?.bytes ?? 0 }
    }
}
