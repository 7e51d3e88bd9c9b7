package import BerthFiles
package import BerthMemory

extension MemoryReport {
    /// Makes the report of one moment.
    ///
    /// - Parameters:
    ///   - picture: all figures of the moment.
    ///   - pressure: the state of the ladder, with the kernel's figures.
    ///   - files: the files of each tenant that has any, by its name.
    ///   - absent: parts of Berth that are absent, each with its reason.
    package init(
        _ picture: MemoryPicture,
        pressure: PressureStanding,
        files: [String: FileAccounts.Use] = [:],
        absent: [String]
    ) {
        let (map, standing) = (picture.map, picture.standing)
        let kernel =
            pressure.kernel
            ?? KernelMemory(
                process: nil,
                cgroup: nil,
                pressure: nil,
                absent: ["kernel: its figures were not read yet"]
            )
        rss = map.resident.bytes
        anonymous = (map.heap + map.data + map.stacks + map.anonymous).bytes
        limit = standing.limit.bytes
        lines = picture.lines
        unexplained = picture.unexplained.bytes
        base = standing.base.bytes
        leased = standing.leased.bytes
        free = standing.free.bytes
        reserve = standing.heldBack.bytes
        share = standing.share.bytes
        waiting = standing.waiting
        drift = Drift(
            up: standing.drift.up.bytes,
            down: standing.drift.down.bytes,
            measurements: standing.drift.measurements
        )
        tenants = standing.accounts.filter(\.isTenant).map { Tenant($0, files[$0.name]) }
        shared = standing.accounts.filter { !$0.isTenant }.map(Shared.init)
        self.kernel = KernelReport(kernel)
        self.pressure = PressureReport(pressure)
        self.absent = kernel.absent + absent
    }
}

extension MemoryReport.Tenant {
    init(_ account: MemoryStanding.Account, _ use: FileAccounts.Use?) {
        tenant = account.name
        held = account.held.bytes
        peak = account.peak.bytes
        quota = account.quota.bytes
        borrowed = account.borrowed.bytes
        refused = account.refusals
        waits = account.waits
        work = account.work
        files = use?.files ?? 0
        disk = use?.bytes.bytes ?? 0
        leaks =
            account.isStray
            ? account.purposes.map { .init(purpose: "\($0.purpose)", bytes: $0.held.bytes) } : []
    }
}

extension MemoryReport.Shared {
    init(_ account: MemoryStanding.Account) {
        self.account = account.title
        held = account.held.bytes
        peak = account.peak.bytes
        quota = account.quota.bytes
        refused = account.refusals
    }
}

extension TenantMemoryReport {
    /// Makes the report of `tenant`, or nil if it has no account.
    package init?(
        _ tenant: String,
        _ standing: MemoryStanding,
        files: FileAccounts.Use? = nil
    ) {
        let account = standing.accounts.first { $0.isTenant && $0.name == tenant }
        guard let account else { return nil }
        self.account = MemoryReport.Tenant(account, files)
        share = standing.share.bytes
        free = standing.free.bytes
        lines = account.purposes.map { purpose in
            .init(account: "\(purpose.purpose)", tenant: tenant, bytes: purpose.held.bytes)
        }
        p50 = account.histogram.quantile(0.5)?.bytes
        p95 = account.histogram.quantile(0.95)?.bytes
    }
}
