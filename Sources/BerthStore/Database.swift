import BerthLoop
package import BerthTelemetry
import Synchronization

/// The store's engine for SQLite: in one data folder, on a thread of its own named "sqlite", or in
/// memory on the loop's thread.
///
/// Writes are committed in groups. Everything that arrives while a commit is under way shares the
/// next one, so a durable write (`synchronous=FULL`) costs each of many callers little. A caller is
/// answered only when its write is on the disk, so a kill at any moment loses nothing that was
/// answered. A database in memory ends with its last reference and uses no other thread.
package actor Database {
    /// The most operations that wait or run at once.
    ///
    /// One more is refused with ``StoreError/busy(limit:)``.
    package static let queueLimit = 4096

    /// Held for its lock until the database is closed.
    private var folder: DataFolder?
    private let log: Log
    private let thread: DatabaseThread
    private let queueLimit: Int
    /// Work from every thread for the database's.
    private let queue = Mutex(Queue())
    private var connection: Connection?
    private var isFailing = false

    private struct Queue {
        var waiting: [Operation] = []
        /// Waiting and running.
        var count = 0
        /// Verbs that were accepted since the database was opened.
        var accepted = VerbCounts()
        /// Whether the database's thread will look at `waiting` again by itself.
        var isDraining = false
        var isClosed = false
    }

    /// The database's thread.
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.unownedExecutor
    }

    private init(folder: DataFolder?, on thread: DatabaseThread, log: Log, queueLimit: Int) {
        self.folder = folder
        self.thread = thread
        self.log = log
        self.queueLimit = queueLimit
    }

    // MARK: Opening and closing

    /// Opens the folder's database, makes it if it is missing, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - folder: held, with its lock, until the database is closed.
    ///   - log: is told of migrations, and of commits that fail.
    ///   - queueLimit: as ``queueLimit``, for tests.
    /// - Returns: the database, ready.
    /// - Throws: ``StoreError`` if the file is foreign, newer, corrupt or unwritable.
    package static func open(
        in folder: DataFolder,
        log: Log,
        queueLimit: Int = Database.queueLimit
    ) async throws(StoreError) -> Database {
        let database = Database(
            folder: folder,
            on: .worker(Worker(name: "sqlite")),
            log: log,
            queueLimit: queueLimit
        )
        try await database.start(folder.database)
        return database
    }

    /// Makes a database in memory with empty tables, which works on the loop's thread.
    ///
    /// - Parameters:
    ///   - log: is told of commits that fail.
    ///   - queueLimit: as ``queueLimit``, for tests.
    /// - Returns: the database, ready.
    /// - Throws: ``StoreError`` if there is no memory.
    package static func inMemory(
        log: Log,
        queueLimit: Int = Database.queueLimit
    ) async throws(StoreError) -> Database {
        let database = Database(
            folder: nil,
            on: .loop(Loop.executor),
            log: log,
            queueLimit: queueLimit
        )
        try await database.startInMemory()
        return database
    }

    private func startInMemory() throws(StoreError) { connection = try .openInMemory() }

    private func start(_ file: String) throws(StoreError) {
        let (connection, version) = try Connection.open(file)
        self.connection = connection
        guard version < Schema.version else { return }
        log.info(
            "database brought up to date",
            ["file": "\(file)", "from": .int(version), "to": .int(Schema.version)]
        )
    }

    /// Finishes what was given before, moves the log into the file and closes it.
    package func close() {
        queue.withLock { $0.isClosed = true }
        drain()
        do throws(StoreError) { try connection?.checkpoint() } catch {
            // Nothing is lost: the next start reads the log.
            log.warning("database log was not emptied at the end", ["why": .describing(error)])
        }
        connection = nil
        folder = nil
    }

    /// Gives SQLite's page cache and statements back to the allocator.
    package func releaseMemory() { connection?.releaseMemory() }

    // MARK: Operations

    /// Runs `body` in a transaction and returns its value when the commit is on the disk.
    ///
    /// A `body` that throws is rolled back alone. It runs on the database's thread, so it only works
    /// with the connection. Cancelling the caller does not take it back.
    ///
    /// - Throws: what `body` throws. ``StoreError/busy(limit:)`` and ``StoreError/closed``, and
    ///   nothing was done. Why the commit failed, and nothing of it was kept.
    @discardableResult
    nonisolated func write<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await perform(.write, body)
    }

    /// Runs `body`, which changes nothing, after every write that was given before it.
    ///
    /// - Throws: what `body` throws, ``StoreError/busy(limit:)``, ``StoreError/closed``.
    nonisolated func read<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await perform(.read, body)
    }

    /// Operations that wait or run.
    package nonisolated var pending: Int { queue.withLock { $0.count } }

    /// The verbs that were accepted since the database was opened.
    package nonisolated var counts: VerbCounts { queue.withLock { $0.accepted } }

    private nonisolated func perform<Value: Sendable>(
        _ kind: Operation.Kind,
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            submit(Operation(kind, body) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    private nonisolated func submit(_ operation: Operation) {
        let (refusal, wakes) = queue.withLock { queue -> (StoreError?, Bool) in
            if queue.isClosed { return (.closed, false) }
            if queue.count >= queueLimit { return (.busy(limit: queueLimit), false) }
            queue.waiting.append(operation)
            queue.count += 1
            switch operation.kind {
            case .read: queue.accepted.reads += 1
            case .write: queue.accepted.writes += 1
            }
            defer { queue.isDraining = true }
            return (nil, !queue.isDraining)
        }
        if let refusal { operation.refuse(refusal) }
        if wakes { thread.post { self.assumeIsolated { $0.drain() } } }
    }

    // MARK: On the database's thread

    private func drain() {
        var finished = 0
        while let batch = takeBatch(finished) {
            perform(batch)
            finished = batch.count
        }
    }

    private func takeBatch(_ finished: Int) -> [Operation]? {
        queue.withLock { queue in
            queue.count -= finished
            if queue.waiting.isEmpty {
                queue.isDraining = false
                return nil
            }
            let batch = queue.waiting
            queue.waiting.removeAll(keepingCapacity: batch.count <= 256)
            return batch
        }
    }

    /// Reads come after the writes that arrived with them, so that a caller sees its own.
    private func perform(_ batch: [Operation]) {
        guard let connection else {
            for operation in batch { operation.refuse(.closed) }
            return
        }
        let writes = batch.filter { $0.kind == .write }
        if !writes.isEmpty { report(connection.commit(writes), of: writes.count) }
        for operation in batch where operation.kind == .read {
            connection.reading { operation.run($0).acknowledge() }
        }
    }

    /// Logs once that commits fail, and once that they succeed again.
    private func report(_ failure: StoreError?, of writes: Int) {
        if let failure, !isFailing {
            log.error(
                "database writes fail",
                ["why": .describing(failure), "writes": .int(writes)]
            )
        } else if failure == nil, isFailing {
            log.info("database writes succeed again")
        }
        isFailing = failure != nil
    }

    // MARK: For tests

    /// Makes the medium full at `pages` pages of 4 KiB, or as large as it is if that is more.
    func limitPages(to pages: Int) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.setNumber("max_page_count", Int64(pages))
        }
    }
}
