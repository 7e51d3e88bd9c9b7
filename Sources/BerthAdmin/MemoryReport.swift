/// The memory of the process as `berth memory` prints it, in bytes; the shape is part of the
/// command's interface.
package struct MemoryReport: Codable, Sendable {
    /// A part of what is resident.
    package struct Line: Codable, Equatable, Sendable {
        /// What it is for: a purpose of leases, or one of ``MemoryPicture``'s accounts.
        package let account: String
        /// Whose it is; nil: nobody's alone.
        package var tenant: String?
        /// Below zero where a promise is larger than what is in use.
        package let bytes: Int
    }

    /// A tenant's account.
    package struct Tenant: Codable, Sendable {
        /// The name.
        package let tenant: String
        /// Leased now.
        package let held: Int
        /// The most that was leased at once.
        package let peak: Int
        /// The most that it may lease.
        package let quota: Int
        /// What it holds beyond its share.
        package let borrowed: Int
        /// How often it was refused memory.
        package let refused: Int
        /// How often it waited for memory.
        package let waits: Int
        /// Requests and turns under way.
        package let work: Int
        /// Leases that nothing under way holds.
        package let leaks: [Leak]
    }

    /// A lease that somebody forgot.
    package struct Leak: Codable, Equatable, Sendable {
        /// What it was for.
        package let purpose: String
        /// Its size.
        package let bytes: Int
    }

    /// An account of the service for all tenants.
    package struct Shared: Codable, Sendable {
        /// The name.
        package let account: String
        /// Leased now.
        package let held: Int
        /// The most that was leased at once.
        package let peak: Int
        /// The most that it may lease.
        package let quota: Int
        /// How often it was refused memory.
        package let refused: Int
    }

    /// How far measurement and ledger were apart, over the life of the process.
    package struct Drift: Codable, Sendable {
        /// Found held beyond the last reckoning, added up.
        package let up: Int
        /// Found given back, added up.
        package let down: Int
        /// How often the ledger was corrected.
        package let measurements: Int
    }

    /// Resident: the sum of all mappings.
    package let rss: Int
    /// The part that nothing can reclaim.
    package let anonymous: Int
    /// The most that the process may hold.
    package let limit: Int
    /// All parts but ``unexplained``: with it they add up to ``rss`` exactly.
    package let lines: [Line]
    /// Handed out by malloc and in no account; see ``MemoryPicture``.
    package let unexplained: Int

    /// What the process holds beside its leases, as the ledger reckons.
    package let base: Int
    /// Leased, over all accounts.
    package let leased: Int
    /// What may be leased still; below zero where too much is.
    package let free: Int
    /// Held back, so that a refusal can be told.
    package let reserve: Int
    /// What each tenant is guaranteed.
    package let share: Int
    /// Requests that wait for memory.
    package let waiting: Int
    /// Between measurement and ledger.
    package let drift: Drift
    /// By name.
    package let tenants: [Tenant]
    /// By name.
    package let shared: [Shared]
    /// What the kernel says beside it.
    package let kernel: KernelReport
    /// How the pressure ladder stands.
    package let pressure: PressureReport
    /// Sources and parts that are not there, each with its reason.
    package let absent: [String]
}

/// One tenant's memory in bytes, as `berth memory --tenant` prints it.
package struct TenantMemoryReport: Codable, Sendable {
    /// The account.
    package let account: MemoryReport.Tenant
    /// What each tenant is guaranteed.
    package let share: Int
    /// What may be leased still, by anybody.
    package let free: Int
    /// Leased now, by purpose.
    package let lines: [MemoryReport.Line]
    /// Half of the seconds in which it held anything it held at most this; nil: it never did.
    package let p50: Int?
    /// The same of 95 in a hundred.
    package let p95: Int?
}

extension MemoryReport {
    /// A part that is more than expected, for the log.
    package enum Alarm: String, Hashable, Sendable {
        case unexplained
        case leaked
    }

    /// Parts from here on are an alarm, in hundredths of ``rss``; below a mebibyte none is.
    private static let alarming = 8

    /// What to warn of, once on its way up, with its size in bytes.
    package var alarms: [Alarm: Int] {
        let leaked = tenants.flatMap(\.leaks).reduce(0) { $0 + $1.bytes }
        return [.unexplained: unexplained, .leaked: leaked].filter { _, bytes in
            bytes > 1 << 20 && bytes * 100 > rss * MemoryReport.alarming
        }
    }
}
