import BerthMemory
import BerthStore
import Testing

@testable import BerthFiles

@Suite struct FileAccountsTests {
    private let ann = FileOwner(tenant: RowID(1), disk: .kibibytes(100), files: 2)

    private func file(_ id: String, _ bytes: Int) -> StoredFile {
        StoredFile.sample(id: id, tenant: ann.tenant, bytes: bytes)
    }

    @Test func `a start begins with what the database has`() {
        let accounts = FileAccounts([ann.tenant: FileTotal(files: 2, bytes: 50)])
        #expect(accounts.files == 2 && accounts.bytes == ByteCount(50))
        #expect(accounts.use(of: ann.tenant).files == 2)
        #expect(accounts.use(of: RowID(2)) == FileAccounts.Use())
    }

    @Test func `what is stored and what is reserved count to both quotas`() throws {
        var accounts = FileAccounts([ann.tenant: FileTotal(files: 1, bytes: 60 << 10)])
        try accounts.reserve(.kibibytes(40), of: ann)
        let over = FilesError.overDisk(
            used: .kibibytes(100),
            asked: ByteCount(1),
            limit: .kibibytes(100)
        )
        #expect(throws: over) { try accounts.extend(by: ByteCount(1), of: ann) }
        #expect(throws: FilesError.overCount(limit: 2)) { try accounts.reserve(.zero, of: ann) }
        accounts.release(.kibibytes(40), of: ann.tenant)
        try accounts.reserve(.kibibytes(40), of: ann)
        #expect(accounts.reserved == .kibibytes(40))
    }

    @Test func `a refused reservation leaves everything as it was`() throws {
        var accounts = FileAccounts()
        let before = accounts.use(of: ann.tenant)
        #expect(throws: FilesError.self) { try accounts.reserve(.kibibytes(101), of: ann) }
        #expect(accounts.use(of: ann.tenant) == before && accounts.reserved == .zero)
    }

    @Test func `sums never fall below zero`() {
        var accounts = FileAccounts()
        accounts.add(file("a", 10))
        accounts.remove(file("a", 20))
        accounts.remove(file("b", 5))
        accounts.release(.kibibytes(1), of: ann.tenant)
        #expect(accounts.bytes == .zero && accounts.files == 0 && accounts.reserved == .zero)
    }

    @Test func `a removed tenant's files are forgotten and its uploads are not`() throws {
        var accounts = FileAccounts()
        accounts.add(file("a", 10))
        try accounts.reserve(ByteCount(5), of: ann)
        accounts.clear(ann.tenant)
        #expect(accounts.bytes == .zero && accounts.reserved == ByteCount(5))
    }
}
