import BerthLoop
import Synchronization

/// The state behind a budget and its accounts: one lock, because workers hold leases too.
final class Ledger: Sendable {
    private let state: Mutex<LedgerState>

    init(_ state: LedgerState) { self.state = Mutex(state) }

    /// Reads the state, or changes it in a way that makes no room for anybody.
    func with<Value, Failure: Error>(
        _ body: (inout LedgerState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { state throws(Failure) in try body(&state) }
    }

    /// Gives bytes back and lets who waits have them.
    func giveBack(_ count: ByteCount, for purpose: MemoryPurpose, by account: Int) {
        change { $0.subtract(count, for: purpose, from: account) }
    }

    /// Changes the state in a way that may make room for who waits.
    func change<Value>(_ body: (inout LedgerState) -> Value) -> Value {
        let (value, granted) = state.withLock { state in
            let value = body(&state)
            return (value, state.grant())
        }
        for waiter in granted { Loop.post { waiter.signal() } }
        return value
    }
}

/// Who holds what, and who waits.
struct LedgerState {
    var limit: ByteCount
    let heldBack: ByteCount
    /// What the process held when nothing was leased: never less than that is reckoned with.
    var fixed = ByteCount.zero
    /// What the process holds beside its leases, as measured last.
    var base = ByteCount.zero
    private(set) var leased = ByteCount.zero
    /// The part of ``leased`` that is no tenant's.
    private(set) var shared = ByteCount.zero
    private(set) var books: [Int: Book] = [:]
    private(set) var waiting: [Waiter] = []
    private(set) var tenants = 0
    private var nextID = 0
    /// The account that gets nothing new; nil: all may ask.
    var refused: Int?
    var drift = MemoryDrift()

    init(limit: ByteCount, heldBack: ByteCount) {
        self.limit = limit
        self.heldBack = heldBack
    }

    /// What one account holds.
    struct Book {
        let name: String
        let isTenant: Bool
        var quota: ByteCount
        var held = [ByteCount](repeating: .zero, count: MemoryPurpose.allCases.count)
        var total = ByteCount.zero
        var peak = ByteCount.zero
        var refusals = 0
        var waits = 0
        /// Requests and turns that are under way.
        var work = 0
        /// How many looks in a row found bytes but no work.
        var strayLooks = 0
        var histogram = HeldHistogram()
    }

    /// A request for memory that stands in line.
    struct Waiter {
        let id: Int
        let account: Int
        let count: ByteCount
        let purpose: MemoryPurpose
        let bell: Wakeup
    }

    /// Requests that may wait at once; the next is refused.
    static let mostWaiting = 256
    /// Of one account: who asks for much at once leaves the line to others too.
    static let mostWaitingOfOne = 64

    /// What leases may take in all.
    var room: ByteCount { limit - heldBack - base }
    /// What may be leased still; below zero when the limit was lowered or the base has grown.
    var free: ByteCount { room - leased }

    /// The part of the room that each tenant is guaranteed.
    var share: ByteCount {
        ByteCount(max(0, (room - shared).bytes) / max(1, tenants))
    }

    /// What must be left free for those within their share when another one starts something.
    var kept: ByteCount { ByteCount(max(0, room.bytes) / 4) }

    mutating func open(_ book: Book) -> Int {
        nextID += 1
        books[nextID] = book
        if book.isTenant { tenants += 1 }
        return nextID
    }

    mutating func close(_ account: Int) {
        guard let book = books.removeValue(forKey: account) else { return }
        if book.isTenant { tenants -= 1 }
        if refused == account { refused = nil }
    }

    mutating func update(_ account: Int, _ change: (inout Book) -> Void) {
        if let index = books.index(forKey: account) { change(&books.values[index]) }
    }

    // MARK: Taking and giving back

    /// Whether an account is within its share with `count` more.
    private func isWithinShare(_ book: Book, _ count: ByteCount) -> Bool {
        book.isTenant && book.total + count <= share
    }

    /// Why `count` is not to be had now; nil where it is.
    ///
    /// `isNew`: not more for work that has begun, which may take the last free byte: what is
    /// finished gives all of its memory back.
    func refusal(
        of count: ByteCount,
        for purpose: MemoryPurpose,
        by account: Int,
        isNew: Bool
    ) -> BudgetError? {
        guard count > .zero, let book = books[account] else { return nil }
        guard book.total + count <= book.quota else {
            return .overQuota(
                requested: count,
                held: book.total,
                quota: book.quota,
                tenant: book.name,
                purpose: purpose
            )
        }
        if isNew, refused == account, book.total + count > share {
            return .overShare(
                held: book.total,
                share: share,
                tenant: book.name,
                purpose: purpose
            )
        }
        let free = isNew && !isWithinShare(book, count) ? free - kept : free
        guard count <= free else {
            return .exhausted(requested: count, free: free, tenant: book.name, purpose: purpose)
        }
        return nil
    }

    mutating func add(_ count: ByteCount, for purpose: MemoryPurpose, to account: Int) {
        update(account) { book in
            book.total += count
            book.held[purpose.rawValue] += count
            book.peak = max(book.peak, book.total)
        }
        leased += count
        if books[account]?.isTenant == false { shared += count }
    }

    mutating func subtract(_ count: ByteCount, for purpose: MemoryPurpose, from account: Int) {
        update(account) { book in
            book.total -= count
            book.held[purpose.rawValue] -= count
        }
        leased -= count
        if books[account]?.isTenant == false { shared -= count }
    }

    // MARK: Waiting

    /// Puts a request in line; nil when the line is full.
    mutating func wait(
        for count: ByteCount,
        _ purpose: MemoryPurpose,
        by account: Int,
        _ bell: Wakeup
    ) -> Int? {
        guard waiting.count < LedgerState.mostWaiting,
            waiting.count(where: { $0.account == account }) < LedgerState.mostWaitingOfOne
        else { return nil }
        nextID += 1
        waiting.append(
            Waiter(id: nextID, account: account, count: count, purpose: purpose, bell: bell)
        )
        update(account) { $0.waits += 1 }
        return nextID
    }

    /// Takes a request out of the line; false where it is not in it any more: it was granted.
    mutating func leave(_ id: Int) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Whether somebody waits who goes before one who comes now: else small requests would take
    /// again and again what a large one waits for.
    func isHeldUp(_ count: ByteCount, by account: Int) -> Bool {
        guard !waiting.isEmpty, let book = books[account] else { return false }
        let isWithin = isWithinShare(book, count)
        return waiting.contains { waiter in
            (!isWithin || self.isWithinShare(waiter)) && decision(waiter) != .pass
        }
    }

    private func isWithinShare(_ waiter: Waiter) -> Bool {
        books[waiter.account].map { isWithinShare($0, waiter.count) } ?? false
    }

    /// Gives memory to who waits: those within their share first, each of the two lines in order.
    ///
    /// The first who does not fit holds up its line, or a large request would never have its turn;
    /// but not one that only its own quota holds up, nor one that would not fit if all gave back.
    mutating func grant() -> [Wakeup] {
        guard !waiting.isEmpty else { return [] }
        var granted: [Wakeup] = []
        for within in [true, false] {
            var isBlocked = false
            var index = 0
            while index < waiting.count, !isBlocked {
                let waiter = waiting[index]
                switch isWithinShare(waiter) == within ? decision(waiter) : .pass {
                case .grant:
                    add(waiter.count, for: waiter.purpose, to: waiter.account)
                    granted.append(waiter.bell)
                    waiting.remove(at: index)
                case .pass: index += 1
                case .block: isBlocked = true
                }
            }
            // Nobody beyond its share goes before one within it.
            if isBlocked { break }
        }
        return granted
    }

    private enum Decision { case grant, pass, block }

    private func decision(_ waiter: Waiter) -> Decision {
        let account = waiter.account
        switch refusal(of: waiter.count, for: waiter.purpose, by: account, isNew: true) {
        case nil: return .grant
        case .exhausted:
            let isPossible = isWithinShare(waiter) || waiter.count <= room - shared - kept
            return isPossible ? .block : .pass
        default: return .pass
        }
    }
}

/// How far measurement and ledger were apart, over the life of the process.
package struct MemoryDrift: Equatable, Sendable {
    /// What was found held beyond the last reckoning, added up.
    package var up = ByteCount.zero
    /// What was found given back, added up.
    package var down = ByteCount.zero
    /// How often the ledger was re-based.
    package var measurements = 0
}
