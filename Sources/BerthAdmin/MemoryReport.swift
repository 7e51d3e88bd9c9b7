/// The memory of the process in bytes, as `berth memory` prints it.
///
/// The JSON's shape is part of the command's interface.
package struct MemoryReport: Codable, Sendable {
    /// A part of the resident size.
    package struct Line: Codable, Equatable, Sendable {
        /// The purpose of leases, or one of ``MemoryPicture``'s accounts.
        package let account: String
        /// The tenant that it belongs to, or nil for a part that belongs to no single tenant.
        package var tenant: String?
        /// The size, below zero if more is leased than used.
        package let bytes: Int
    }

    /// A tenant's account.
    package struct Tenant: Codable, Sendable {
        /// The tenant's name.
        package let tenant: String
        /// The bytes leased now.
        package let held: Int
        /// The most bytes that were leased at once.
        package let peak: Int
        /// The most bytes that the tenant may lease.
        package let quota: Int
        /// The bytes that it holds beyond its share.
        package let borrowed: Int
        /// The number of leases that it was refused.
        package let refused: Int
        /// The number of times that it waited for memory.
        package let waits: Int
        /// The number of its requests and turns under way.
        package let work: Int
        /// The number of its files on the disk.
        package let files: Int
        /// The bytes of its files on the disk.
        package let disk: Int
        /// Leases that no work under way holds.
        package let leaks: [Leak]
    }

    /// Leases of one purpose that were not given back.
    package struct Leak: Codable, Equatable, Sendable {
        /// The leases' purpose.
        package let purpose: String
        /// The leases' size.
        package let bytes: Int
    }

    /// An account that the service uses for all tenants.
    package struct Shared: Codable, Sendable {
        /// The account's name.
        package let account: String
        /// The bytes leased now.
        package let held: Int
        /// The most bytes that were leased at once.
        package let peak: Int
        /// The most bytes that the account may lease.
        package let quota: Int
        /// The number of leases that it was refused.
        package let refused: Int
    }

    /// The differences between measurement and ledger since the start.
    package struct Drift: Codable, Sendable {
        /// The sum of corrections upward.
        package let up: Int
        /// The sum of corrections downward.
        package let down: Int
        /// The number of corrections.
        package let measurements: Int
    }

    /// The resident size, which is the sum of all mappings.
    package let rss: Int
    /// The part that the kernel cannot reclaim.
    package let anonymous: Int
    /// The memory limit of the process.
    package let limit: Int
    /// All parts except ``unexplained``, with which they add up to ``rss`` exactly.
    package let lines: [Line]
    /// The bytes that malloc has handed out and that are in no account of ``MemoryPicture``.
    package let unexplained: Int

    /// The ledger's estimate of the process's memory beside its leases.
    package let base: Int
    /// The bytes leased, over all accounts.
    package let leased: Int
    /// The bytes that may still be leased, below zero if too much is leased.
    package let free: Int
    /// The reserve that no lease may take, which is kept for sending refusals.
    package let reserve: Int
    /// The bytes that each tenant is guaranteed.
    package let share: Int
    /// The number of requests that wait for memory.
    package let waiting: Int
    /// The differences between measurement and ledger.
    package let drift: Drift
    /// The tenants' accounts, by name.
    package let tenants: [Tenant]
    /// The shared accounts, by name.
    package let shared: [Shared]
    /// The kernel's figures beside the mappings.
    package let kernel: KernelReport
    /// The state of the pressure ladder.
    package let pressure: PressureReport
    /// Absent sources of figures and parts of Berth, each with its reason.
    package let absent: [String]
}

extension MemoryReport {
    /// A part that is larger than expected, as the log names it.
    package enum Alarm: String, Hashable, Sendable {
        case unexplained
        case leaked
    }

    /// A part above this, in percent of ``rss``, is an alarm if it is larger than a mebibyte.
    private static let alarming = 8

    /// The parts to warn of, with their sizes in bytes.
    package var alarms: [Alarm: Int] {
        let leaked = tenants.flatMap(\.leaks).reduce(0) { $0 + $1.bytes }
        return [.unexplained: unexplained, .leaked: leaked].filter { _, bytes in
            bytes > 1 << 20 && bytes * 100 > rss * MemoryReport.alarming
        }
    }
}
