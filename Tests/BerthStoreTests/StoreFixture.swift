import BerthLoop
import BerthTelemetry
import BerthTestKit

@testable import BerthStore

/// A store with a tenant and a conversation.
struct StoreFixture: Sendable {
    let engine: StoreEngine
    let files: TemporaryFolder
    let database: Database
    let tenant: Tenant
    let session: Session

    /// The store as the rest of Berth sees it.
    var store: any Store { database }

    /// Noon of a day in the process's time zone.
    ///
    /// All times of the tests are relative to it.
    static let noon = Timestamp(milliseconds: 1_760_000_000_000).startOfDay + .seconds(43200)

    init(_ engine: StoreEngine = .folder) async throws {
        let files = try TemporaryFolder()
        try await self.init(engine, files, engine.open(files))
    }

    init(queueLimit: Int) async throws {
        let files = try TemporaryFolder()
        let database = try await Database.open(
            in: DataFolder(path: files.path),
            log: .silent,
            queueLimit: queueLimit
        )
        try await self.init(.folder, files, database)
    }

    private init(
        _ engine: StoreEngine,
        _ files: TemporaryFolder,
        _ database: Database
    ) async throws {
        (self.engine, self.files, self.database) = (engine, files, database)
        tenant = try await database.addTenant(named: "ann", at: Self.noon)
        let draft = SessionDraft(
            publicID: "s-1",
            place: Place(channel: .web),
            tenant: tenant.id
        )
        guard let session = try await database.openSession(draft, at: Self.noon) else {
            throw StoreError.notFound(what: "session")
        }
        self.session = session
    }

    // MARK: Rows

    func openSession(
        _ publicID: String,
        _ channel: ChannelName = .web,
        chat: String = "",
        of tenant: Tenant.ID? = nil,
        at now: Timestamp = Self.noon
    ) async throws -> Session {
        let draft = SessionDraft(
            publicID: publicID,
            place: Place(channel: channel, chat: chat),
            tenant: tenant ?? self.tenant.id
        )
        guard let session = try await store.openSession(draft, at: now) else {
            throw StoreError.notFound(what: "session")
        }
        return session
    }

    /// The public ids of a page of the web's conversations.
    func list(
        limit: Int = 9,
        isArchived: Bool = false,
        before: String? = nil
    ) async throws -> [String] {
        let page = try await store.sessions(
            of: tenant.id,
            channel: .web,
            isArchived: isArchived,
            before: before,
            limit: limit
        )
        return page?.map(\.publicID) ?? ["none"]
    }

    func draft(_ publicID: String, _ text: String = "hello") -> TurnDraft {
        TurnDraft(publicID: publicID, session: session.id, tenant: tenant.id, text: text)
    }

    /// An accepted turn.
    func turn(_ publicID: String, text: String = "hello") async throws -> Turn.ID {
        try await store.acceptTurn(draft(publicID, text), at: Self.noon)
    }

    /// A turn with an answer.
    func answered(_ publicID: String, _ end: TurnOutcome.End = .done) async throws -> Turn.ID {
        let turn = try await turn(publicID, text: "12345")
        try await store.finishTurn(turn, as: TurnOutcome(end, answer: "67890"), at: Self.noon)
        return turn
    }

    func reservation(_ turn: Turn.ID? = nil, tokens: Int64 = 500) -> Reservation {
        Reservation(
            tenant: tenant.id,
            turn: turn,
            provider: "demo",
            model: "m",
            amounts: Amounts((.outputTokens, tokens), (.micros, 100))
        )
    }

    /// A call that has begun, of a turn or of the API.
    func call(
        _ turn: Turn.ID? = nil,
        tokens: Int64 = 500,
        at now: Timestamp = Self.noon
    ) async throws -> Call.ID {
        try await store.startCall(reservation(turn, tokens: tokens), at: now)
    }

    /// The settlement of a call at 20 tokens in, 30 out and 77 micros.
    func settlement(_ call: Call.ID?, _ turn: Turn.ID? = nil) -> Settlement {
        Settlement(
            call: call,
            reservation: reservation(turn),
            since: Self.noon,
            cost: Amounts((.inputTokens, 20), (.outputTokens, 30), (.micros, 77)),
            isEstimated: false
        )
    }

    /// A turn whose reply of `parts` waits in the outbox, at a chat of Telegram.
    func replied(
        _ publicID: String,
        _ parts: [String],
        chat: String = "7"
    ) async throws -> Turn.ID {
        let turn = try await turn(publicID)
        let place = Place(channel: .telegram, chat: chat)
        _ = try await store.finishTurn(
            turn,
            as: TurnOutcome(.done, answer: parts.joined()),
            settling: [],
            outbox: parts.map { OutboxDraft(place: place, body: $0) },
            at: Self.noon
        )
        return turn
    }

    func due(_ now: Timestamp = Self.noon) async throws -> [OutboxPart] {
        try await store.dueOutbox(on: .telegram, at: now, limit: 10)
    }

    func usage(on day: Timestamp = Self.noon) async throws -> Usage {
        try await store.usage(of: tenant.id, on: day)
    }

    // MARK: Faults

    /// The store as the next start finds it after a kill at this moment.
    @Loop func restarted() async throws -> any Store {
        guard engine == .folder else { return store }
        let copy = try TemporaryFolder()
        for name in ["berth.db", "berth.db-wal"] { try copy.write(try files.read(name), to: name) }
        return try await engine.open(copy)
    }

    /// Runs `verb` while the medium is full, and again when there is room.
    ///
    /// - Returns: the fault, if the verb did not fail, failed in another way or left changes
    ///   behind.
    @Loop func fullDisk<Value: Sendable>(
        _ verb: @escaping @Sendable (any Store) async throws(StoreError) -> Value
    ) async throws -> (problems: [String], value: Value) {
        let before = try await snapshot()
        try await database.limitPages(to: 1)
        var problems: [String] = []
        do throws(StoreError) {
            _ = try await verb(store)
            problems.append("the verb succeeded")
        } catch {
            if case .diskFull = error {} else { problems.append("\(error)") }
        }
        let after = try await snapshot()
        if after != before { problems.append("something was left behind") }
        try await database.limitPages(to: 1 << 20)
        let value = try await verb(store)
        return (problems + (try await store.integrityCheck()), value)
    }

    /// The content of the tables.
    private func snapshot() async throws -> [String] {
        try await database.read { store throws(StoreError) in
            var rows: [String] = []
            for sql in tables {
                try store.forEach(sql) { row throws(StoreError) in
                    rows.append(row.text(0))
                    return true
                }
            }
            return rows
        }
    }
}

/// One text for each row of the tables that verbs of several rows change.
private let tables: [StaticString] = [
    "SELECT json_array(id, name, state, files) FROM tenant",
    "SELECT json_array(id, tenant, hint) FROM api_key",
    "SELECT json_array(channel, external, tenant) FROM identity",
    "SELECT json_array(id, title, model, updated_ms, deleted_ms) FROM session",
    "SELECT json_array(id, state, answer, error, attempts, owner, finished_ms) FROM turn",
    "SELECT json_array(id, turn, ordinal, state, call, job, detail) FROM turn_step",
    "SELECT json_array(id, turn, step, state, micros) FROM call",
    "SELECT json_array(tenant, day_ms, requests, micros, reserved_micros) FROM usage_day",
    "SELECT json_array(id, turn, session, part, state, attempts, error, begun_ms) FROM outbox",
    "SELECT json_array(bot, number, hex(body), finished_ms) FROM channel_update",
    "SELECT json_array(tenant, hex(hash)) FROM invitation",
    "SELECT json_array(channel, external, chat, refused) FROM access_request",
    "SELECT json_array(tenant, hex(name), call, status, hex(body)) FROM idempotency",
    "SELECT json_array(id, tenant, bytes, uses, released, kind) FROM file",
    "SELECT json_array(turn, role, ordinal, file, thumbnail, width, height) FROM turn_file",
    "SELECT json_array(name, hex(value)) FROM kept",
]

/// Runs `verb` twice at once, with 0 and with 1, and returns the results in this order.
@Loop func race<Value: Sendable>(
    _ verb: @escaping @Sendable (Int) async throws(StoreError) -> Value
) async throws -> [Result<Value, StoreError>] {
    let pending = [Pending<Value>(), Pending<Value>()]
    for (index, one) in pending.enumerated() {
        EventLoop.shared.spawn {
            do throws(StoreError) { one.finish(.success(try await verb(index))) } catch {
                one.finish(.failure(error))
            }
        }
    }
    var results: [Result<Value, StoreError>] = []
    for one in pending { results.append(try await one.outcome()) }
    return results
}

/// Starts `work` as a task whose result is awaited later.
///
/// It has run up to its first wait on return.
@Loop func begin<Value: Sendable>(
    _ work: @escaping @Sendable () async throws(StoreError) -> Value
) async -> Pending<Value> {
    let pending = Pending<Value>()
    EventLoop.shared.spawn {
        do throws(StoreError) { pending.finish(.success(try await work())) } catch {
            pending.finish(.failure(error))
        }
    }
    await settle()
    return pending
}

/// The result of a task that `begin` started.
@Loop final class Pending<Value: Sendable> {
    private var result: Result<Value, StoreError>?
    private let bell = Wakeup()

    nonisolated init() {}

    func finish(_ result: Result<Value, StoreError>) {
        self.result = result
        bell.signal()
    }

    func outcome() async throws -> Result<Value, StoreError> {
        while true {
            if let result { return result }
            try await bell.wait()
        }
    }

    func value() async throws -> Value { try await outcome().get() }

    func error() async throws -> StoreError? {
        if case .failure(let error) = try await outcome() { error } else { nil }
    }
}

/// A stand-in for SHA-256.
func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

extension StoreError {
    /// Whether a unique value was taken.
    var isExists: Bool { if case .exists = self { true } else { false } }
}
