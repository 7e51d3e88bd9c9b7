import BerthLoop
import BerthStore
import BerthTelemetry
import BerthTestKit
import Glibc

/// A database in a folder of its own, with a tenant and a conversation.
struct StoreFixture: Sendable {
    let files: TemporaryFolder
    let database: Database
    let tenant: Tenant
    let session: Session

    /// The day begins in UTC or near enough: all times of the tests are relative to this one.
    static let noon = Timestamp(milliseconds: 1_760_000_000_000).startOfDay + .seconds(43200)

    init(queueLimit: Int = Database.queueLimit) async throws {
        files = try TemporaryFolder()
        let folder = try DataFolder(path: files.path)
        database = try await Database.open(in: folder, log: .silent, queueLimit: queueLimit)
        (tenant, session) = try await database.write { store throws(StoreError) in
            let tenant = try store.addTenant(named: "ann", at: Self.noon)
            let session = try store.addSession(
                publicID: "s-1",
                channel: .web,
                tenant: tenant.id,
                at: Self.noon
            )
            return (tenant, session)
        }
    }

    func turn(_ name: String, text: String = "hello") async throws -> Turn.ID {
        let (session, tenant) = (session.id, tenant.id)
        return try await database.write { store throws(StoreError) in
            try store.acceptTurn(
                publicID: name,
                session: session,
                tenant: tenant,
                text: text,
                at: Self.noon
            )
        }
    }

    func reserve(
        tokens: Int,
        at now: Timestamp = Self.noon
    ) async throws(StoreError) -> Call.ID {
        let reservation = Reservation(
            tenant: tenant.id,
            provider: "demo",
            model: "m",
            tokens: tokens,
            micros: 100
        )
        return try await database.write { store throws(StoreError) in
            try store.reserve(reservation, at: now)
        }
    }

    func usage(on day: Timestamp = Self.noon) async throws -> Usage {
        let tenant = tenant.id
        return try await database.read { store throws(StoreError) in
            try store.usage(of: tenant, on: day)
        }
    }
}

/// Starts `work` as a task whose result is awaited later; it has run up to its first wait on
/// return.
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
    private(set) var result: Result<Value, StoreError>?
    private let bell = Wakeup()

    nonisolated init() {}

    func finish(_ result: Result<Value, StoreError>) {
        self.result = result
        bell.signal()
    }

    func value() async throws -> Value {
        while true {
            if let result { return try result.get() }
            try await bell.wait()
        }
    }

    func error() async throws -> StoreError? {
        do {
            _ = try await value()
            return nil
        } catch let error as StoreError { return error }
    }
}

/// A stand-in for SHA-256.
func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
