import BerthLoop
import BerthMemory
import BerthText

/// The commands that the cache uses.
///
/// Every call throws ``CacheError``. It waits at most until the command's deadline, and not at all
/// while Redis is away.
extension RedisClient {
    /// Returns the value of `key`, or nil if there is none.
    ///
    /// At most the limit is read, so no value in Redis can fill this process. The checksum of a
    /// larger value then does not match.
    package func get(_ key: [UInt8]) async throws(CacheError) -> [UInt8]? {
        let last = "\(limits.value.bytes)"
        let answer = try await ask([bytes("GETRANGE"), key, bytes("0"), bytes(last)])
        guard case .bytes(let value) = answer else { throw unexpected() }
        return value.isEmpty ? nil : value
    }

    /// Stores `value` for `lifetime`, which is rounded up to whole seconds, at least one.
    ///
    /// - Parameters:
    ///   - key: any bytes.
    ///   - value: any bytes, up to the limit.
    ///   - lifetime: the time after which the server deletes it.
    ///   - onlyIfAbsent: whether an existing value is kept.
    ///   - then: is called once, with false if an existing value was kept.
    package func setEX(
        _ key: [UInt8],
        _ value: [UInt8],
        lifetime: Duration,
        onlyIfAbsent: Bool = false,
        then: @escaping @Loop (Result<Bool, CacheError>) -> Void
    ) {
        guard value.count <= limits.value.bytes else {
            return then(.failure(.tooLarge(bytes: value.count, most: limits.value.bytes)))
        }
        if let writeFault { return then(.failure(.refusesWrites(writeFault))) }
        let seconds = lifetime.secondsRoundedUp
        var command = [bytes("SET"), key, value, bytes("EX"), bytes("\(seconds)")]
        if onlyIfAbsent { command.append(bytes("NX")) }
        send(command) { [weak self] outcome in then(self.written(outcome)) }
    }

    /// Removes at most 500 keys.
    ///
    /// - Returns: the number of keys that existed.
    @discardableResult
    package func del(_ keys: [[UInt8]]) async throws(CacheError) -> Int {
        guard !keys.isEmpty else { return 0 }
        guard case .integer(let count) = try await ask([bytes("UNLINK")] + keys.prefix(500)) else {
            throw unexpected()
        }
        return Int(min(max(0, count), 500))
    }

    /// Checks that Redis answers.
    package func ping() async throws(CacheError) {
        guard try await ask([bytes("PING")]) == .status("PONG") else { throw unexpected() }
    }

    /// Returns Redis's figures about its memory.
    package func memory() async throws(CacheError) -> RedisMemory {
        guard case .bytes(let info) = try await ask([bytes("INFO"), bytes("memory")]) else {
            throw unexpected()
        }
        return RedisMemory(info: info)
    }

    /// Removes every key that begins with `prefix`, in pages of about 250, so neither side is
    /// blocked.
    ///
    /// Keys that other clients add meanwhile may stay.
    ///
    /// - Returns: the number of removed keys. At most 20,000 pages are read.
    package func flush(prefix: String = CacheKey.prefix) async throws(CacheError) -> Int {
        var (cursor, removed) = (bytes("0"), 0)
        for _ in 0..<20_000 {
            let command = ["SCAN", "MATCH", RedisClient.pattern(prefix), "COUNT", "250"].map(bytes)
            let page = try await ask([command[0], cursor] + command[1...])
            guard case .array(let parts) = page, parts.count == 2,
                case .bytes(let next) = parts[0], case .array(let names) = parts[1]
            else { throw unexpected() }
            var keys = names.compactMap { name -> [UInt8]? in
                if case .bytes(let key) = name { key } else { nil }
            }
            while !keys.isEmpty {
                removed += try await del(Array(keys.prefix(500)))
                keys.removeFirst(min(500, keys.count))
            }
            cursor = next
            if cursor == bytes("0") { break }
        }
        return removed
    }

    /// A pattern of SCAN for the names that begin with `prefix`.
    private static func pattern(_ prefix: String) -> String {
        prefix.reduce(into: "") { text, letter in
            if "*?[]^\\".contains(letter) { text.append("\\") }
            text.append(letter)
        } + "*"
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// Handles an answer of a kind that the command does not have.
    ///
    /// The server is no Redis, or its answers are out of step with the commands.
    private func unexpected() -> CacheError { leave(.garbage) }
}

extension RedisClient? {
    /// The outcome of a SET.
    ///
    /// A client that no longer exists learns nothing from it.
    @Loop fileprivate func written(
        _ outcome: RedisConnection.Outcome
    ) -> Result<Bool, CacheError> {
        switch outcome {
        case .failure(let error): return .failure(error)
        case .success(.status): self?.acceptWrites()
        case .success(.error(let code)):
            return .failure(self?.note(code) ?? .refused(code: code))
        case .success: return .success(false)
        }
        return .success(true)
    }
}
