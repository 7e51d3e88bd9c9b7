package import BerthConfig
package import BerthLoop
package import BerthTelemetry
import CLinux
import Glibc

/// The client of Redis as a cache.
///
/// While Redis is away, no call waits for it.
///
/// ``run(until:)`` connects, and reconnects after jittered pauses. Without a connection every call
/// fails at once. An answer that exceeds its deadline ends the connection. The log gets one line
/// when Redis goes away and one when it returns.
@Loop package final class RedisClient: Service {
    /// A function that is called with nil when Redis becomes usable, and with the fault when it
    /// goes away.
    package var onChange: (@Loop (RedisFault?) -> Void)?
    /// The fault, or nil while Redis can be used.
    package private(set) var fault: RedisFault? = .notStarted

    let limits: RedisLimits
    let surroundings: Surroundings
    private let address: RedisAddress
    private var random: SeededGenerator
    private let resolve: Resolve?
    private var connection: RedisConnection?
    private var announced: RedisFault?
    /// The number of connections tried so far.
    private var tries = 0
    private let wakeup = Wakeup()
    var writes = WriteGate.open

    /// Looks up a name within the given time, and returns its IP addresses or none.
    package typealias Resolve = @Loop @Sendable (String, Duration) async -> [String]

    /// Makes a client, which is away until ``run(until:)`` is called.
    ///
    /// - Parameters:
    ///   - address: the server. A host that is no IP address and not `localhost` needs `resolve`.
    ///     Each attempt uses the next address of a name.
    ///   - limits: the deadlines and sizes.
    ///   - surroundings: its log takes a line when Redis goes away and one when it returns. Its
    ///     entropy spreads the pauses.
    ///   - resolve: a function that looks up names without blocking the loop.
    package init(
        address: RedisAddress,
        limits: RedisLimits = RedisLimits(),
        in surroundings: Surroundings,
        resolve: Resolve? = nil
    ) {
        self.address = address
        self.limits = limits
        self.surroundings = surroundings
        random = surroundings.entropy.generator()
        self.resolve = resolve
    }

    /// Keeps a connection until `stop` or cancellation, and then closes it.
    package func run(until stop: Stop) async {
        var failures = 0
        while !stop.isRequested, !Task.isCancelled {
            let began = surroundings.clock.now
            let fault = await connectAndHold(stop)
            if stop.isRequested || Task.isCancelled { break }
            announce(fault)
            failures = surroundings.clock.now - began > limits.longestPause ? 1 : failures + 1
            await pause(after: failures, stop)
        }
        connection?.close(.notStarted)
        connection = nil
        fault = .notStarted
    }

    /// Holds one connection from its opening to its end or to the stop.
    private func connectAndHold(_ stop: Stop) async -> RedisFault {
        let made: RedisConnection
        do throws(CacheError) { made = try await connect() } catch {
            if case .away(let fault) = error { return fault }
            return .disconnected
        }
        // This takes effect at once, because no call may wait for a server that is known to be
        // away.
        made.onEnd = { [weak self] fault in self?.lose(fault) }
        if let end = made.end { return end }  // it can end together with its last answer
        connection = made
        announce(nil)
        while made.end == nil, !stop.isRequested, !Task.isCancelled {
            await stop.requested(or: wakeup)
        }
        return made.end ?? .notStarted
    }

    private func lose(_ fault: RedisFault) {
        connection = nil
        self.fault = fault
        wakeup.signal()
    }

    private func pause(after failures: Int, _ stop: Stop) async {
        let length = limits.pause(after: failures, random: random.fraction())
        var isOver = false
        let timer = surroundings.clock.schedule(after: length) { [wakeup] in
            isOver = true
            wakeup.signal()
        }
        defer { timer.cancel() }
        while !isOver, !stop.isRequested, !Task.isCancelled {
            await stop.requested(or: wakeup)
        }
    }

    private func announce(_ fault: RedisFault?) {
        let changed = (fault == nil) != (announced == nil) || self.fault == .notStarted
        self.fault = fault
        defer {
            announced = fault
            if changed { onChange?(fault) }
        }
        guard changed else { return }
        if let fault {
            surroundings.log.warning(
                "redis is away; the cache works in this process only",
                ["redis": .describing(address), "reason": .describing(fault)]
            )
        } else {
            surroundings.log.info("redis answers", ["redis": .describing(address)])
        }
    }

    // MARK: Connecting

    /// Makes a connection on which login, database and a PING have succeeded within the deadline.
    private func connect() async throws(CacheError) -> RedisConnection {
        let made = try RedisConnection(to: try await place(), limits: limits, in: surroundings)
        var stands = false
        let bell = Wakeup()
        made.onConnected = {
            stands = true
            bell.signal()
        }
        made.onEnd = { _ in bell.signal() }
        let deadline = surroundings.clock.schedule(after: limits.connect) { [limits] in
            made.close(.slow(after: limits.connect))
        }
        defer { deadline.cancel() }
        while !stands, made.end == nil {
            do { try await bell.wait() } catch { made.close(.notStarted) }
        }
        if let end = made.end { throw .away(end) }
        do throws(CacheError) { try await greet(made) } catch {
            made.close()
            throw error
        }
        return made
    }

    private func greet(_ made: RedisConnection) async throws(CacheError) {
        if case .tcp(_, _, let database, let user, let password?) = address {
            let login = user.map { [$0, password.reveal()] } ?? [password.reveal()]
            let answer = try await ask(made, ["AUTH"] + login)
            if answer != .status("OK") { throw .away(faultOfGreeting(answer, else: .login)) }
            try await select(database, on: made)
        } else if case .tcp(_, _, let database, _, nil) = address {
            try await select(database, on: made)
        }
        let answer = try await ask(made, ["PING"])
        if answer != .status("PONG") { throw .away(faultOfGreeting(answer, else: .garbage)) }
    }

    private func select(_ database: Int, on made: RedisConnection) async throws(CacheError) {
        guard database != 0 else { return }
        let answer = try await ask(made, ["select", "\(database)"])
        guard answer != .status("OK") else { return }
        throw .away(faultOfGreeting(answer, else: .database(database)))
    }

    private func faultOfGreeting(_ answer: RedisReply, else fallback: RedisFault) -> RedisFault {
        if case .error(let code) = answer { return RedisFault(code: code) ?? fallback }
        return .garbage
    }

    private func ask(
        _ made: RedisConnection,
        _ words: [String]
    ) async throws(CacheError) -> RedisReply {
        try await withCheckedContinuation { continuation in
            made.send(words.map { Array($0.utf8) }) { continuation.resume(returning: $0) }
        }.get()
    }

    private func place() async throws(CacheError) -> RedisPlace {
        switch address {
        case .unix(let path): return .unix(path: path)
        case .tcp(let host, let port, _, _, _):
            if host == "localhost" { return .tcp(host: "127.0.0.1", port: port) }
            if RedisClient.isAddress(host) { return .tcp(host: host, port: port) }
            let found = await resolve?(host, limits.connect).filter(RedisClient.isAddress) ?? []
            guard !found.isEmpty else { throw .away(.unknownHost(host)) }
            defer { tries += 1 }
            return .tcp(host: found[tries % found.count], port: port)
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        var bytes = in6_addr()
        if unsafe inet_pton(AF_INET, host, &bytes) == 1 { return true }
        return unsafe inet_pton(AF_INET6, host, &bytes) == 1
    }

    // MARK: Commands

    /// Sends a command.
    ///
    /// `then` is called once. It is called at once if Redis is away or busy.
    func send(_ arguments: [[UInt8]], then: @escaping @Loop (RedisConnection.Outcome) -> Void) {
        guard let connection else { return then(.failure(.away(fault ?? .disconnected))) }
        connection.send(arguments, then: then)
    }

    /// Sends a command and waits for the answer, at most until the command's deadline.
    ///
    /// Cancelling the caller does not shorten the wait.
    func ask(_ arguments: [[UInt8]]) async throws(CacheError) -> RedisReply {
        let answer = try await withCheckedContinuation { continuation in
            send(arguments) { continuation.resume(returning: $0) }
        }.get()
        guard case .error(let code) = answer else { return answer }
        throw note(code)
    }

    /// Returns the error for the caller that a code of Redis means.
    ///
    /// If the error concerns the whole server, this ends the connection or closes the gate for
    /// writes.
    func note(_ code: String) -> CacheError {
        guard let fault = RedisFault(code: code) else { return .refused(code: code) }
        if fault.isOfWrites { return refuseWrites(fault) }
        return leave(fault)
    }

    /// Ends the connection, and with it every waiting command.
    func leave(_ fault: RedisFault) -> CacheError {
        connection?.close(fault)
        return .away(fault)
    }
}
