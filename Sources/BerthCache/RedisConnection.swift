import BerthLoop
import BerthMemory
import BerthTelemetry
import CHiredis

/// One connection to Redis, which owns a context of hiredis on the loop.
///
/// hiredis frees the context itself when the connection fails, and calls `cleanup` whenever it
/// does. Only `cleanup` drops the pointer. Until then the context holds a reference to this object.
/// Answers come in the order of the commands, so the commands wait in one queue.
@safe @Loop final class RedisConnection {
    /// The outcome of a command.
    typealias Outcome = Result<RedisReply, CacheError>

    /// A function that is called once, when the connection has failed or was ended by ``close()``.
    var onEnd: (@Loop (RedisFault) -> Void)?
    /// A function that is called once, when the connection is established.
    var onConnected: (@Loop () -> Void)?

    /// The reason of its end, or nil while it has not ended.
    private(set) var end: RedisFault?

    private var context: UnsafeMutablePointer<redisAsyncContext>?
    private var watch: Watch?
    private var interest: Readiness = []
    private var waiting = CommandQueue()
    private var timer: Timer?
    private var fault = RedisFault.disconnected
    private let surroundings: Surroundings
    private let limits: RedisLimits

    /// Starts to connect.
    ///
    /// - Throws: ``CacheError/away(_:)`` if the kernel refuses at once.
    init(to place: RedisPlace, limits: RedisLimits, in surroundings: Surroundings)
        throws(CacheError)
    {
        self.limits = limits
        self.surroundings = surroundings
        guard let context = unsafe RedisConnection.open(place) else {
            throw .away(.unreachable)
        }
        do throws(SystemError) {
            watch = try Watch(unsafe berth_redis_socket(context), for: []) { [weak self] in
                self?.act($0)
            }
        } catch {
            unsafe redisAsyncFree(context)
            throw .away(.unreachable)
        }
        unsafe self.context = unsafe context
        unsafe attach(context)
    }

    @unsafe private static func open(
        _ place: RedisPlace
    ) -> UnsafeMutablePointer<redisAsyncContext>? {
        let made =
            switch place {
            case .tcp(let host, let port): unsafe redisAsyncConnect(host, Int32(clamping: port))
            case .unix(let path): unsafe redisAsyncConnectUnix(path)
            }
        guard let context = unsafe made else { return nil }
        if unsafe berth_redis_error(context) == 0 { return unsafe context }
        unsafe redisAsyncFree(context)
        return nil
    }

    private func attach(_ context: UnsafeMutablePointer<redisAsyncContext>) {
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        unsafe berth_redis_attach(context, me, addRead, delRead, addWrite, delWrite, onCleanup)
        unsafe redisAsyncSetConnectCallback(context, onConnect)
        unsafe berth_redis_bound(context, limits.reply.bytes, Int32(RedisLimits.elements))
    }

    // MARK: Commands

    /// Sends a command.
    ///
    /// `then` is called once, in a later turn or when the connection ends. If the command is not
    /// sent, it is called at once.
    func send(_ arguments: [[UInt8]], then: @escaping @Loop (Outcome) -> Void) {
        let size = arguments.reduce(0) { $0 + $1.count }
        guard let context = unsafe context else { return then(.failure(.away(fault))) }
        guard waiting.count < limits.waiting, waiting.bytes + size <= limits.waitingBytes.bytes
        else { return then(.failure(.busy(waiting: waiting.count))) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for argument in arguments { bytes += argument }
        let (lengths, count) = (arguments.map(\.count), Int32(clamping: arguments.count))
        guard unsafe berth_redis_command(context, onReply, bytes, lengths, count) == REDIS_OK else {
            return then(.failure(.away(fault)))
        }
        waiting.append(CommandQueue.Entry(then: then, bytes: size, sent: surroundings.clock.now))
        if timer == nil { arm() }
    }

    /// Starts the one timer of all commands.
    ///
    /// The oldest command is answered first, so its deadline is the next.
    private func arm() {
        guard let oldest = waiting.first else { return }
        let delay = max(.zero, oldest.sent + limits.command - surroundings.clock.now)
        timer = surroundings.clock.schedule(after: delay) { [weak self] in self?.checkDeadline() }
    }

    private func checkDeadline() {
        timer = nil
        guard let oldest = waiting.first else { return }
        // The loop itself may have been delayed, and an answer that has already arrived is in time.
        if surroundings.clock.now >= oldest.sent + limits.command { act(.readable) }
        guard let oldest = waiting.first else { return }
        if surroundings.clock.now >= oldest.sent + limits.command {
            close(.slow(after: limits.command))
        } else {
            arm()
        }
    }

    /// Ends the connection.
    ///
    /// Waiting commands fail with `fault`.
    func close(_ fault: RedisFault = .disconnected) {
        guard let context = unsafe context else { return }
        self.fault = fault
        unsafe redisAsyncFree(context)
    }

    // MARK: Called by the loop

    private static nonisolated let label = WorkLabel("replies of Redis")

    private func act(_ readiness: Readiness) {
        Loop.works(on: RedisConnection.label)
        if !readiness.isDisjoint(with: [.readable, .hungUp, .failed]) { read() }
        // Reading may have ended the connection and freed the context.
        guard let context = unsafe context else { return }
        if !readiness.isDisjoint(with: [.writable, .hungUp, .failed]) {
            unsafe redisAsyncHandleWrite(context)
        }
    }

    private func read() {
        guard let context = unsafe context else { return }
        if unsafe berth_redis_is_unasked(context) != 0 { return close(.garbage) }
        unsafe redisAsyncHandleRead(context)
        guard let context = unsafe self.context else { return }
        let (most, stated) = (limits.reply.bytes, unsafe berth_redis_stated(context))
        if unsafe berth_redis_unread(context) > most || stated > most { close(.garbage) }
    }

    // MARK: Called by hiredis

    fileprivate func change(_ what: Readiness, to isWanted: Bool) {
        guard interest.contains(what) != isWanted else { return }
        if isWanted { interest.insert(what) } else { interest.remove(what) }
        // It fails only if the kernel lacks memory. The deadline then ends the connection.
        try? watch?.change(to: interest)
    }

    fileprivate func connected(_ isConnected: Bool) {
        if isConnected { onConnected?() } else { fault = .unreachable }
        onConnected = nil
    }

    fileprivate func replied(_ reply: RedisReply) {
        waiting.popFirst()?.then(.success(reply))
        guard let context = unsafe context else { return }
        // There are more bytes than commands. hiredis would abort the process at the next of them.
        if unsafe berth_redis_waits(context) == 0, unsafe berth_redis_unread(context) > 0 {
            close(.garbage)
        }
    }

    /// The connection has ended.
    ///
    /// After this hiredis frees the context and closes the socket.
    fileprivate func ended() {
        let error = unsafe context.map { unsafe berth_redis_error($0) }
        // "Out of memory" is hiredis' word for a reply over the bound of `berth_redis_bound`.
        if error == REDIS_ERR_PROTOCOL || error == REDIS_ERR_OOM { fault = .garbage }
        unsafe context = nil
        watch?.cancel()
        watch = nil
        timer?.cancel()
        timer = nil
        while let entry = waiting.popFirst() { entry.then(.failure(.away(fault))) }
        onConnected = nil
        end = fault
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(fault)
    }
}

/// The commands in the order of their answers.
///
/// The code that appends keeps the bound.
@Loop private struct CommandQueue {
    struct Entry {
        let then: @Loop (RedisConnection.Outcome) -> Void
        let bytes: Int
        let sent: Instant
    }

    private var entries: [Entry?] = []
    private var head = 0
    private(set) var bytes = 0

    nonisolated init() {}

    var count: Int { entries.count - head }

    var first: Entry? { head < entries.count ? entries[head] : nil }

    mutating func append(_ entry: Entry) {
        bytes += entry.bytes
        entries.append(entry)
    }

    mutating func popFirst() -> Entry? {
        guard head < entries.count, let entry = entries[head] else { return nil }
        bytes -= entry.bytes
        entries[head] = nil
        head += 1
        if head == entries.count || head >= 512 {
            entries.removeFirst(head)
            head = 0
        }
        return entry
    }
}

// MARK: Callbacks

private nonisolated func connection(_ data: UnsafeMutableRawPointer) -> RedisConnection {
    unsafe Unmanaged<RedisConnection>.fromOpaque(data).takeUnretainedValue()
}

private nonisolated func addRead(_ data: UnsafeMutableRawPointer?) {
    guard let owner = unsafe data.map({ unsafe connection($0) }) else { return }
    Loop.assumeIsolated { owner.change(.readable, to: true) }
}

private nonisolated func delRead(_ data: UnsafeMutableRawPointer?) {
    guard let owner = unsafe data.map({ unsafe connection($0) }) else { return }
    Loop.assumeIsolated { owner.change(.readable, to: false) }
}

private nonisolated func addWrite(_ data: UnsafeMutableRawPointer?) {
    guard let owner = unsafe data.map({ unsafe connection($0) }) else { return }
    Loop.assumeIsolated { owner.change(.writable, to: true) }
}

private nonisolated func delWrite(_ data: UnsafeMutableRawPointer?) {
    guard let owner = unsafe data.map({ unsafe connection($0) }) else { return }
    Loop.assumeIsolated { owner.change(.writable, to: false) }
}

private nonisolated func onCleanup(_ data: UnsafeMutableRawPointer?) {
    guard let data = unsafe data else { return }
    let owner = unsafe Unmanaged<RedisConnection>.fromOpaque(data).takeRetainedValue()
    Loop.assumeIsolated { owner.ended() }
}

private nonisolated func onConnect(_ context: UnsafePointer<redisAsyncContext>?, _ status: Int32) {
    let data = unsafe context.flatMap { unsafe berth_redis_data($0) }
    guard let owner = unsafe data.map({ unsafe connection($0) }) else { return }
    Loop.assumeIsolated { owner.connected(status == REDIS_OK) }
}

private nonisolated func onReply(
    _ context: UnsafeMutablePointer<redisAsyncContext>?,
    _ reply: UnsafeMutableRawPointer?,
    _ unused: UnsafeMutableRawPointer?
) {
    // No reply means that the connection ends. `cleanup` follows and fails the waiting commands.
    guard let reply = unsafe reply?.assumingMemoryBound(to: redisReply.self),
        let data = unsafe context.flatMap({ unsafe berth_redis_data($0) })
    else { return }
    let answer = unsafe RedisReply(reply)
    let owner = unsafe connection(data)
    Loop.assumeIsolated { owner.replied(answer) }
}
