/// One closure that waits for the database's thread, and its caller.
struct Operation: Sendable {
    enum Kind {
        case read
        case write
    }

    /// The outcome of a closure whose caller still waits.
    struct Outcome {
        /// Why it failed by itself; what it wrote is taken back.
        let error: StoreError?
        /// Hands the caller its value or its error.
        let acknowledge: @Sendable () -> Void
    }

    let kind: Kind
    /// Runs the closure.
    let run: @Sendable (Connection) -> Outcome
    /// Answers the caller with an error instead of running, or after the commit failed.
    let refuse: @Sendable (StoreError) -> Void

    init<Value: Sendable>(
        _ kind: Kind,
        _ body: @escaping @Sendable (Connection) throws(StoreError) -> Value,
        reply: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        self.kind = kind
        run = { connection in
            do throws(StoreError) {
                let value = try body(connection)
                return Outcome(error: nil) { reply(.success(value)) }
            } catch {
                return Outcome(error: error) { reply(.failure(error)) }
            }
        }
        refuse = { reply(.failure($0)) }
    }
}

extension Connection {
    /// Runs `writes` in one transaction and answers their callers when it is on the disk.
    ///
    /// A write that throws is taken back alone. Few do, so the writes run without savepoints at
    /// first, and again with them if one of several throws. Where the transaction itself fails (the
    /// disk is full), nothing of it is kept and every caller learns that.
    ///
    /// - Returns: why the transaction failed, or nil.
    func commit(_ writes: [Operation]) -> StoreError? {
        var outcomes: [Operation.Outcome] = []
        outcomes.reserveCapacity(writes.count)
        do throws(StoreError) {
            if try !runAll(writes, &outcomes) { try runEach(writes, &outcomes) }
        } catch {
            if isInTransaction { _ = try? run("ROLLBACK") }  // the first error is the one to tell
            for (index, write) in writes.enumerated() {
                if index < outcomes.count, outcomes[index].error != nil {
                    outcomes[index].acknowledge()
                } else {
                    write.refuse(error)
                }
            }
            return error
        }
        for outcome in outcomes { outcome.acknowledge() }
        return nil
    }

    /// Runs and commits `writes`, unless one of them throws.
    ///
    /// - Returns: false if one of several has thrown. Nothing of them is kept then.
    private func runAll(
        _ writes: [Operation],
        _ outcomes: inout [Operation.Outcome]
    ) throws(StoreError) -> Bool {
        try run("BEGIN IMMEDIATE")
        for write in writes {
            let outcome = write.run(self)
            outcomes.append(outcome)
            guard let error = outcome.error else { continue }
            // SQLite has already rolled everything back after some failures, as a full disk.
            guard isInTransaction else { throw error }
            try run("ROLLBACK")
            if writes.count == 1 { return true }
            outcomes = []
            return false
        }
        try run("COMMIT")
        return true
    }

    /// Runs `writes`, each with a savepoint of its own, and commits them.
    private func runEach(
        _ writes: [Operation],
        _ outcomes: inout [Operation.Outcome]
    ) throws(StoreError) {
        try run("BEGIN IMMEDIATE")
        for write in writes { outcomes.append(try runInSavepoint(write)) }
        try run("COMMIT")
    }

    private func runInSavepoint(_ write: Operation) throws(StoreError) -> Operation.Outcome {
        try run("SAVEPOINT operation")
        let outcome = write.run(self)
        if let error = outcome.error {
            // SQLite has already rolled everything back after some failures, as a full disk.
            guard isInTransaction else { throw error }
            try run("ROLLBACK TO operation")
        }
        try run("RELEASE operation")
        return outcome
    }
}
