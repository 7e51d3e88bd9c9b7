package import BerthMemory
package import BerthStore

/// Everything that a memory report is made of, at one moment, and the arithmetic that makes the
/// parts add up.
///
/// What is resident is a sum over mappings (``MemoryMap``), which is exact: code, libraries, written
/// variables, stacks, the kernel's pages and the heap. Only the heap needs a closer look, in two
/// steps. What malloc has handed out (``AllocatorFigures``) is the heap *in use*; the resident heap
/// beyond it is kept by malloc for nobody: the slack. Of the heap in use every account says what is
/// its own: leases, SQLite, connections, what start-up left. **Unexplained** is the rest.
///
/// Two things can hide a part of that rest, and each has its own line, so that nothing is hidden
/// silently:
/// - Leases are taken before their bytes and for the worst case. What was promised and not asked of
///   malloc yet makes the rest smaller than it is, even negative. When nothing is under way there
///   is none of that, and the rest is exact: ``residue`` is what it was then. The rest is never
///   shown as less than that; the difference is *leased, not in use yet*, below zero.
/// - Pages that were handed out and never written are in use but not resident; where they are more
///   than what malloc keeps, the slack is below zero and is called *handed out, not touched yet*.
///
/// So under load unexplained may be more than is shown by what is leased and not in use, and at rest
/// it is exact.
package struct MemoryPicture: Sendable {
    /// Where the resident pages are.
    package var map: MemoryMap
    /// What malloc has handed out.
    package var heap: AllocatorFigures
    /// Who has leased what.
    package var standing: MemoryStanding
    /// What SQLite holds.
    package var database: SQLiteMemory
    /// What start-up left on the heap.
    package var fixed: MemoryFixedCosts
    /// Clients' connections.
    package var connections = 0
    /// curl's handles that wait for the next transfer.
    package var handles = 0
    /// The rest of the heap when nothing was under way.
    package var residue = ByteCount.zero

    /// A client's connection: libmicrohttpd's pool of 8 KiB, its own state and ours.
    ///
    /// Measured: 1,000 idle connections of a release, by malloc's figures.
    package static let connection = ByteCount(9_060)
    /// A handle of curl's without a connection, as curl's source adds it up: about 10 KiB.
    package static let handle = ByteCount.kibibytes(10)

    /// Puts the figures together; the others follow.
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

    /// What malloc has handed out.
    private var inUse: ByteCount { heap.inUse + heap.mapped }

    /// The part of it that is in no account; below zero where leases are larger than their use.
    package var rest: ByteCount {
        inUse - standing.leased - database.used - fixed.total
            - ByteCount(connections * MemoryPicture.connection.bytes)
            - ByteCount(handles * MemoryPicture.handle.bytes)
    }

    /// Whether nothing is under way that may have leased more than it uses.
    package var isQuiet: Bool {
        standing.accounts.allSatisfy { $0.work == 0 && (!$0.isTenant || $0.held == .zero) }
    }

    /// What is shown as unexplained.
    package var unexplained: ByteCount { max(rest, residue, .zero) }

    // MARK: Lines

    /// All parts but the unexplained one; with it they sum to what is resident.
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

    /// By tenant and purpose; of shared accounts the whole.
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
            line("upstream handles", ByteCount(handles * MemoryPicture.handle.bytes)),
        ] + fixed.parts.map { line("start: \($0.name)", $0.bytes) }
    }

    /// What the accounts claim beyond what is in use: leases first, then what start-up left.
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
