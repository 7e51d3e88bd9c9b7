import BerthLoop
import BerthMemory
import BerthText

/// What the cache asks of Redis; every call throws ``CacheError`` and waits at most the command's
/// deadline, and not at all while Redis is away.
extension RedisClient {
    /// The value of `key`; nil where there is none.
    ///
    /// Of a value that is larger than the limit only a part comes, which its checksum betrays: so
    /// nothing that somebody else has put there can fill this process.
    package func get(_ key: [UInt8]) async throws(CacheError) -> [UInt8]? {
        let last = "\(limits.value.bytes)"
        let answer = try await ask([bytes("GETRANGE"), key, bytes("0"), bytes(last)])
        guard case .bytes(let value) = answer else { throw unexpected() }
        return value.isEmpty ? nil : value
    }

    /// Stores `value` for `lifetime`, rounded up to whole seconds and at least one.
    ///
    /// - Parameters:
    ///   - key: any bytes.
    ///   - value: any bytes, up to the limit.
    ///   - lifetime: after which the server forgets it.
    ///   - onlyIfAbsent: keeps a value that is there.
    /// - Returns: false where a value was there and was kept.
    /// - Throws: ``CacheError``.
    @discardableResult
    package func setEX(
        _ key: [UInt8],
        _ value: [UInt8],
        lifetime: Duration,
        onlyIfAbsent: Bool = false
    ) async throws(CacheError) -> Bool {
        let result = await withCheckedContinuation { continuation in
            setEX(key, value, lifetime: lifetime, onlyIfAbsent: onlyIfAbsent) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    /// As ``setEX(_:_:lifetime:onlyIfAbsent:)`` for whoever does not wait: `then` is called once.
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

    /// Removes keys, at most 500 at once.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func del(_ keys: [[UInt8]]) async throws(CacheError) -> Int {
        guard !keys.isEmpty else { return 0 }
        guard case .integer(let count) = try await ask([bytes("UNLINK")] + keys.prefix(500)) else {
            throw unexpected()
        }
        return Int(clamping: count)
    }

    /// Asks whether it is there.
    package func ping() async throws(CacheError) {
        guard try await ask([bytes("PING")]) == .status("PONG") else { throw unexpected() }
    }

    /// What it says of its memory.
    package func memory() async throws(CacheError) -> RedisMemory {
        guard case .bytes(let info) = try await ask([bytes("INFO"), bytes("memory")]) else {
            throw unexpected()
        }
        return RedisMemory(info: info)
    }

    /// Removes every key that begins with `prefix`, a page of about 250 at a time, so that neither
    /// side is held up; keys that others add meanwhile may stay.
    ///
    /// - Returns: how many were removed; 20,000 pages at most are looked at.
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

    /// A pattern of SCAN that only `prefix` begins.
    private static func pattern(_ prefix: String) -> String {
        prefix.reduce(into: "") { text, letter in
            if "*?[]^\\".contains(letter) { text.append("\\") }
            text.append(letter)
        } + "*"
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// An answer of a kind that the command does not have: no Redis, or out of step with us.
    private func unexpected() -> CacheError { leave(.garbage) }
}

extension RedisClient? {
    /// The outcome of a SET; a client that is gone has learned nothing from it.
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
