package import BerthMemory
package import BerthStore

/// All figures of a memory report at one moment, and the arithmetic that makes the parts add up.
///
/// The resident size is a sum over mappings (``MemoryMap``), which is exact: code, libraries,
/// written variables, stacks, the kernel's pages and the heap. The heap is split further. The part
/// that malloc has handed out (``AllocatorFigures``) is *in use*. The resident heap beyond it is
/// the *slack*. The accounts explain the heap in use: leases, SQLite, connections and start-up.
/// **Unexplained** is the rest.
///
/// Two effects can hide a part of that rest. Each has a line of its own in the report:
/// - A lease is taken for the worst case before its bytes are allocated. The bytes that are leased
///   and not allocated make the rest too small, even negative. When no work is under way there are
///   no such bytes, so the rest is exact, and it is kept as ``residue``. The report never shows a
///   smaller rest. The difference is *leased, not in use yet*, which is below zero.
/// - Pages that were handed out and never written are in use but not resident. If they are more
///   than malloc keeps, the slack is below zero and is called *handed out, not touched yet*.
///
/// Under load, leased bytes that are not in use may therefore hide unexplained ones. At rest the
/// number is exact.
package struct MemoryPicture: Sendable {
    /// The resident pages by mapping.
    package var map: MemoryMap
    /// The memory that malloc has handed out.
    package var heap: AllocatorFigures
    /// The ledger's accounts.
    package var standing: MemoryStanding
    /// The memory of SQLite.
    package var database: SQLiteMemory
    /// The heap that start-up took for good.
    package var fixed: MemoryFixedCosts
    /// The number of clients' connections.
    package var connections = 0
    /// The unexplained rest of the heap when no work was under way.
    package var residue = ByteCount.zero

    /// The memory of a client's connection.
    ///
    /// It consists of libmicrohttpd's pool of 8 KiB, its state and Berth's own. It was measured
    /// with 1,000 idle connections of a release build, by malloc's figures.
    package static let connection = ByteCount(9_060)

    /// Makes a picture without connections, which are set afterwards.
    package init(
        map: MemoryMap,
        heap: AllocatorFigures,
        standing: MemoryStanding,
        database: SQLiteMemory,
        fixed: MemoryFixedCosts
    ) {
        self.map = map
        self.heap = heap
        self.standing = standing
        self.database = database
        self.fixed = fixed
    }

    // MARK: The heap

    /// The heap that malloc has handed out.
    private var inUse: ByteCount { heap.inUse + heap.mapped }

    /// The part of the heap in use that is in no account.
    ///
    /// It is below zero if leases are larger than their use.
    package var rest: ByteCount {
        inUse - standing.leased - database.used - fixed.total
            - ByteCount(connections * MemoryPicture.connection.bytes)
    }

    /// Whether no work is under way that may have leased more than it uses.
    package var isQuiet: Bool {
        standing.accounts.allSatisfy { $0.work == 0 && (!$0.isTenant || $0.held == .zero) }
    }

    /// The bytes that the report shows as unexplained.
    package var unexplained: ByteCount { max(rest, residue, .zero) }

    // MARK: Lines

    /// All parts except the unexplained one.
    ///
    /// Together with it they sum to the resident size.
    var lines: [MemoryReport.Line] {
        leases + heapOfOurs + shortfall + [
            line("program code", map.program),
            line("libraries", map.libraries),
            line("written data of program and libraries", map.data),
            line("stacks", map.stacks),
            line("kernel pages", map.kernel),
            line("dynamic linker", map.anonymous),
            slack,
        ]
    }

    private func line(
        _ account: String,
        _ bytes: ByteCount,
        of tenant: String? = nil
    ) -> MemoryReport.Line {
        MemoryReport.Line(account: account, tenant: tenant, bytes: bytes.bytes)
    }

    /// The leases by tenant and purpose, with one line for each shared account.
    private var leases: [MemoryReport.Line] {
        standing.accounts.flatMap { account in
            guard account.isTenant else { return [line(account.title, account.held)] }
            return account.purposes.map { purpose in
                line("\(purpose.purpose)", purpose.held, of: account.name)
            }
        }
    }

    private var heapOfOurs: [MemoryReport.Line] {
        [
            line("database pages", database.pages),
            line("database", database.used - database.pages),
            line("connections", ByteCount(connections * MemoryPicture.connection.bytes)),
        ] + fixed.parts.map { line("start: \($0.name)", $0.bytes) }
    }

    /// The bytes of the accounts beyond the heap in use, as negative lines.
    ///
    /// They are taken from the leases first, then from the costs of start-up.
    private var shortfall: [MemoryReport.Line] {
        let missing = rest - unexplained
        let unused = max(missing, .zero - standing.leased)
        return [
            line("leased, not in use yet", unused),
            line("start: given back since", missing - unused),
        ].filter { $0.bytes != 0 }
    }

    private var slack: MemoryReport.Line {
        let slack = map.heap - inUse
        return line(slack < .zero ? "handed out, not touched yet" : "allocator slack", slack)
    }
}

extension MemoryStanding.Account {
    /// A shared account's name without its parentheses.
    var title: String { isTenant ? name : String(name.dropFirst().dropLast()) }
}
