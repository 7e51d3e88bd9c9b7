import BerthMemory
import Testing

@Suite struct MemoryLeaseTests {
    private let budget = MemoryBudget(limit: .mebibytes(8))

    @Test func `a lease gives its bytes back at the end of its scope`() throws {
        let account = budget.account(for: "ann", quota: .mebibytes(8))
        do { _ = try account.lease(.mebibytes(8), for: .requestBody) }
        #expect(budget.leased == .zero)
        #expect(throws: Never.self) { _ = try account.lease(.mebibytes(8), for: .requestBody) }
    }

    @Test func `the budget refuses in words what the process does not have`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(8))
        let bob = budget.account(for: "bob", quota: .mebibytes(8))
        let held = try ann.lease(.mebibytes(6), for: .replyBuffer)
        let refusal = #expect(throws: BudgetError.self) {
            _ = try bob.lease(.mebibytes(3), for: .requestBody)
        }
        #expect(
            refusal?.description
                == "'bob' needs 3 MiB for a request body, but 2 MiB is free: "
                + "try again in a moment, or raise memory.limit"
        )
        #expect(bob.held == .zero)
        #expect(budget.leased == held.count)
    }

    @Test func `a tenant's quota binds before the process's limit`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(1))
        let held = try ann.lease(.kibibytes(1000), for: .replyBuffer)
        let refusal = #expect(throws: BudgetError.self) {
            _ = try ann.lease(.kibibytes(25), for: .requestBody)
        }
        #expect(refusal?.description.contains("holds 1000 KiB of its 1 MiB") == true)
        #expect(budget.leased == held.count)
    }

    @Test func `a lease grows, shrinks and stays as it was when refused`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(2))
        var lease = try ann.lease(.kibibytes(1), for: .requestBody)
        try lease.grow(to: ByteCount(1500), step: .kibibytes(64))
        #expect(ann.held == .kibibytes(65))
        #expect(throws: BudgetError.self) { try lease.extend(by: .mebibytes(2)) }
        #expect(ann.held == .kibibytes(65))
        lease.shrink(to: .kibibytes(2))
        #expect(budget.leased == .kibibytes(2))
        #expect(ann.peak == .kibibytes(65))
    }

    @Test func `a holder keeps its lease until it is dropped`() throws {
        let ann = budget.account(for: "ann", quota: .mebibytes(2))
        var holder: LeaseHolder? = LeaseHolder(try ann.lease(.kibibytes(3), for: .replyBuffer))
        let held = ann.held
        withExtendedLifetime(holder) {}
        holder = nil
        #expect(held == .kibibytes(3))
        #expect(budget.leased == .zero && holder == nil)
    }

    @Test func `a tenant who is gone leaves no peak to the next of that name`() throws {
        let gone = budget.account(for: "ann", quota: .mebibytes(2))
        let held = try gone.lease(.mebibytes(1), for: .replyBuffer)
        budget.forget("ann")
        let next = budget.account(for: "ann", quota: .mebibytes(2))
        #expect(next.peak == .zero && gone.held == held.count)
        #expect(budget.leased == .mebibytes(1))
    }

    @Test func `an account is one object whoever asks for it`() throws {
        let first = budget.account(for: "ann", quota: .mebibytes(1))
        let second = budget.account(for: "ann", quota: .mebibytes(4))
        #expect(first === second)
        #expect(throws: Never.self) { _ = try first.lease(.mebibytes(4), for: .sessionWindow) }
    }
}

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("512B", 512), ("64 KiB", 65536), ("128MiB", 134_217_728), ("1GiB", 1 << 30), ("7", 7),
    ])
    func `a size is read`(text: String, bytes: Int) { #expect(ByteCount(text)?.bytes == bytes) }

    @Test(arguments: ["", "MiB", "-1", "1.5MiB", "1MB", "9999999999999GiB", "12 apples"])
    func `nonsense is not a size`(text: String) { #expect(ByteCount(text) == nil) }

    @Test(arguments: [
        (300, "300 B"), (1536, "1.5 KiB"), (16 << 20, "16 MiB"), (5 << 30, "5 GiB"),
        (Int.max, "8589934592 GiB"), (Int.min, "-8589934592 GiB"), (-1536, "-1.5 KiB"),
    ])
    func `a size is printed for people`(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
