import BerthAdmin
import BerthBot
import BerthChannels
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// One table gives every refusal its status, in the channels and in the admin API.
@Suite(.loop, .timeLimit(.minutes(20))) struct RefusalStatusTests {
    private static let closed = Closure(provider: "p", model: nil, reason: .failing)
    private static let short = BudgetError.exhausted(
        requested: .kibibytes(8),
        free: .zero,
        tenant: "ann",
        purpose: .requestBody
    )

    /// Refusals because of the server's state, after which the same request may succeed later.
    private static let own: [(BotError, Int)] = [
        (.stopping, 503), (.store(.busy(limit: 1)), 503), (.store(.closed), 503),
        (.store(.diskFull(file: "f")), 503), (.store(.locked(file: "f")), 503),
        (.store(.failed(file: "f", code: 1, detail: "d")), 503),
        (.store(.corrupt(file: "f", detail: "d")), 503), (.memory(short), 429),
        (.memory(.overShare(held: .zero, share: .zero, tenant: "a", purpose: .requestBody)), 429),
        (.memory(.paused(waited: .zero, tenant: "ann")), 503),
        (.queue(.full(tenant: "ann", waiting: 1, limit: 1, wait: .seconds(1))), 429),
        (.queue(.tenantFull(tenant: "ann", waiting: 1, limit: 1, wait: .seconds(1))), 429),
        (.queue(.closed(closed, wait: .seconds(1))), 503),
        (.queue(.stopped), 503), (.provider(.memory(short)), 429),
        (.provider(.memoryMidway(short)), 429), (.provider(.busy(reason: "r")), 429),
        (.provider(.rateLimited(provider: "p", retryAfter: nil)), 429),
        (.provider(.unavailable(provider: "p", status: 500, retryAfter: nil)), 503),
        (.provider(.unreachable(provider: "p", reason: "r")), 502),
        (.provider(.timedOut(provider: "p", reason: "r")), 504),
        (.provider(.keyRefused(provider: "p", status: 401)), 502),
        (.provider(.accountEmpty(provider: "p")), 502), (.provider(.cut(provider: "p")), 502),
        (.provider(.failedMidway(provider: "p", message: "m")), 502),
        (.provider(.malformed(provider: "p", reason: "r")), 502), (.provider(.cancelled), 499),
        (.queue(.cancelled), 499),
    ]

    /// Refusals because of the request or its sender.
    private static let askers: [(BotError, Int)] = [
        (.unknownModel("m", known: []), 404), (.suspended, 403), (.endedByOperator, 403),
        (.foreignOrigin, 403),
        (.bodyTooLarge(limit: .zero), 413), (.body("b"), 400), (.sessionBusy, 409),
        (.tooManySessions(limit: 1), 409), (.noSession, 404), (.noTurn, 404),
        (.notRetryable(.done), 409), (.noTenant("a"), 404), (.nameTaken("a"), 409),
        (.badName("A"), 400), (.badValue("v"), 400), (.tooManyTenants(limit: 1), 409),
        (.emptyText, 400), (.textTooLong(.zero, limit: .zero), 400),
        (.store(.notFound(what: "key")), 404),
        (.provider(.refused(provider: "p", status: 422, message: "m", code: nil)), 422),
    ]

    @Loop @Test func `every refusal has its status, and none of the server's own is a 400`() {
        for (error, status) in Self.own + Self.askers {
            let answer = HTTPResponse(error).status
            #expect(answer == status, "\(error)")
        }
        let statuses = Self.own.map { HTTPResponse($0.0).status }
        #expect(!statuses.contains(400))
    }

    @Loop @Test func `the admin API says that the database is away, with a 503`() async throws {
        try await withBot { bot in
            await bot.store.close()
            let asked: [(String, String, String)] = [
                ("POST", "/admin/tenants", #"{"name":"bob"}"#),
                ("POST", "/admin/tenants/ann/key", ""),
                ("POST", "/admin/tenants/ann/revoke", #"{"all":true}"#),
                ("POST", "/admin/tenants/ann/logout", ""),
                ("POST", "/admin/tenants/ann/suspend", ""),
                ("PATCH", "/admin/quotas/ann", #"{"files":"5"}"#), ("GET", "/admin/usage", ""),
                ("GET", "/admin/queue", ""), ("GET", "/admin/queue/failed", ""),
                ("POST", "/admin/turns/some/retry", ""), ("DELETE", "/admin/tenants/ann", ""),
            ]
            for (method, path, body) in asked {
                let answer = try await bot.admin(method, path, body)
                #expect(answer.status == 503, "\(method) \(path)")
                #expect(answer.error?.string("message")?.contains("database") == true)
            }
        }
    }
}
