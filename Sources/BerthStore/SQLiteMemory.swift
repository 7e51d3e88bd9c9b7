package import BerthMemory
import CSQLite

/// The memory that SQLite holds, by its own account, over all connections of this process.
package struct SQLiteMemory: Equatable, Sendable {
    /// All that it has from malloc.
    package let used: ByteCount
    /// The part of it that is pages of the database file.
    package let pages: ByteCount

    /// Names figures, for tests of who reads them.
    package init(used: ByteCount, pages: ByteCount) {
        self.used = used
        self.pages = pages
    }

    /// Asks SQLite, on any thread.
    ///
    /// Source: <https://sqlite.org/c3ref/c_status_malloc_count.html>: without a page cache of the
    /// application's own, every page is "overflow" to malloc.
    package static func read() -> SQLiteMemory {
        SQLiteMemory(
            used: status(SQLITE_STATUS_MEMORY_USED),
            pages: status(SQLITE_STATUS_PAGECACHE_OVERFLOW)
        )
    }

    private static func status(_ what: Int32) -> ByteCount {
        var (current, highest) = (sqlite3_int64(0), sqlite3_int64(0))
        // Its only error is an unknown `what`.
        _ = unsafe sqlite3_status64(what, &current, &highest, 0)
        return ByteCount(Int(current))
    }
}
