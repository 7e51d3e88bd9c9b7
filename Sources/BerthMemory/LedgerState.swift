import BerthLoop

/// The bytes that each account holds, and the requests that wait for memory.
struct LedgerState {
    var limit: ByteCount
    let heldBack: ByteCount
    /// The resident size measured while few leases were out.
    ///
    /// ``base`` is never lower.
    var fixed = ByteCount.zero
    /// The resident size beyond the leases, as last measured.
    var base = ByteCount.zero
    private(set) var leased = ByteCount.zero
    /// The part of ``leased`` that belongs to shared accounts.
    private(set) var shared = ByteCount.zero
    private(set) var books: [Int: Book] = [:]
    private(set) var waiting: [Waiter] = []
    private(set) var tenants = 0
    private var nextID = 0
    /// The account whose new requests are refused, or nil if none is.
    var refused: Int?
    var drift = MemoryDrift()

    init(limit: ByteCount, heldBack: ByteCount) {
        self.limit = limit
        self.heldBack = heldBack
    }

    /// The bytes that one account holds, and its counts.
    ///
    /// An object, because each request changes its book about twenty times.
    // Unchecked and sound: it is used within the ledger's lock alone.
    final class Book: @unchecked Sendable {
        let name: String
        let isTenant: Bool
        var quota: ByteCount
        var held = [ByteCount](repeating: .zero, count: MemoryPurpose.allCases.count)
        var total = ByteCount.zero
        var peak = ByteCount.zero
        var refusals = 0
        var waits = 0
        /// The number of requests and turns that are under way.
        var work = 0
        /// The number of looks in a row that found bytes but no work.
        var strayLooks = 0
        var histogram = HeldHistogram()

        init(name: String, isTenant: Bool, quota: ByteCount) {
            (self.name, self.isTenant, self.quota) = (name, isTenant, quota)
        }
    }

    /// A request that waits for memory.
    struct Waiter {
        let id: Int
        let account: Int
        let count: ByteCount
        let purpose: MemoryPurpose
        let bell: Wakeup
    }

    /// The most requests that may wait at once.
    ///
    /// Further requests are refused.
    static let mostWaiting = 256
    /// The most requests of one account that may wait, so one account cannot fill the queue.
    static let mostWaitingOfOne = 64

    /// The bytes that all leases together may take.
    var room: ByteCount { limit - heldBack - base }
    /// The bytes that can still be leased.
    ///
    /// Negative if the limit was lowered or the base has grown.
    var free: ByteCount { room - leased }

    /// The part of the room that each tenant is guaranteed.
    var share: ByteCount {
        ByteCount(max(0, (room - shared).bytes) / max(1, tenants))
    }

    /// The bytes that must stay free for tenants within their share when a tenant beyond its share
    /// starts new work.
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

    func update(_ account: Int, _ change: (Book) -> Void) {
        if let book = books[account] { change(book) }
    }

    // MARK: Leasing and returning

    /// Whether an account would be within its share with `count` more bytes.
    private func isWithinShare(_ book: Book, _ count: ByteCount) -> Bool {
        book.isTenant && book.total + count <= share
    }

    /// Why `count` bytes cannot be leased now, or nil if they can.
    ///
    /// `isNew` is false for more memory of work that has begun. Such work may take the last free
    /// byte, because it returns all of its memory when it is finished.
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
        leased += count
        guard let book = books[account] else { return }
        book.total += count
        book.held[purpose.rawValue] += count
        book.peak = max(book.peak, book.total)
        if !book.isTenant { shared += count }
    }

    mutating func subtract(_ count: ByteCount, for purpose: MemoryPurpose, from account: Int) {
        leased -= count
        guard let book = books[account] else { return }
        book.total -= count
        book.held[purpose.rawValue] -= count
        if !book.isTenant { shared -= count }
    }

    // MARK: Waiting

    /// Adds a request to the queue.
    ///
    /// - Returns: its id, or nil if the queue is full.
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

    /// Removes a request from the queue.
    ///
    /// - Returns: false if the request is no longer queued, because it was granted.
    mutating func leave(_ id: Int) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Whether an earlier waiter has priority over this request.
    ///
    /// Without this check, small requests would starve a large one.
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

    /// Grants memory to waiting requests, first to those within their share and then to the others,
    /// each in the order of arrival.
    ///
    /// The first request that does not fit blocks the later ones of its kind, so a large request is
    /// not starved. A request does not block others if only its own quota stops it, or if it would
    /// not fit even with all memory returned.
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
            // A request beyond its tenant's share never passes one within it.
            if isBlocked { break }
        }
        return granted
    }

    /// Whether a new lease of an account is granted when all other work has ended, while the shared
    /// accounts of others keep what they hold.
    func couldHold(_ count: ByteCount, by account: Int) -> Bool {
        guard let book = books[account], count <= book.quota else { return false }
        let others = book.isTenant ? shared : shared - book.total
        return isWithinShare(book, count) || count <= room - others - kept
    }

    private enum Decision { case grant, pass, block }

    private func decision(_ waiter: Waiter) -> Decision {
        let account = waiter.account
        switch refusal(of: waiter.count, for: waiter.purpose, by: account, isNew: true) {
        case nil: return .grant
        case .exhausted: return couldHold(waiter.count, by: account) ? .block : .pass
        default: return .pass
        }
    }
}
