import BerthBot
import BerthConfig
import BerthLoop
import BerthQueue
import BerthStore
import BerthTelemetry

/// Receives the updates of one bot, by polling or by its webhook.
@Loop final class TelegramReceiver: Service {
    let own: TelegramBot
    let intake: TelegramIntake
    private let bot: Bot
    private let metrics: TelegramMetrics
    private let surroundings: Surroundings
    /// The URL of the webhook.
    private let hook: String
    private var random: SeededGenerator
    /// The update after the last one that is stored, or nil before the first.
    private var next: Int?
    /// The most updates of the next answer, fewer after answers that could not be read.
    private var limit = TelegramReceiver.mostAtOnce

    /// The most updates of one answer.
    static nonisolated let mostAtOnce = 50
    /// The longest pause after failures.
    static nonisolated let longestPause = Duration.seconds(120)
    /// The shortest time between two questions that bring nothing.
    static nonisolated let leastPause = Duration.seconds(1)
    /// The pause between two looks at the webhook.
    static nonisolated let lookPause = Duration.seconds(300)
    /// The time that open work has after the stop.
    private static nonisolated let grace = Duration.seconds(12)
    /// The time that the last question has.
    private static nonisolated let lastTime = Duration.seconds(3)
    private static nonisolated let backoff = Backoff(
        base: .seconds(2),
        most: longestPause,
        attempts: .max
    )

    init(
        _ own: TelegramBot,
        _ bot: Bot,
        hook: String,
        counting metrics: TelegramMetrics,
        in surroundings: Surroundings
    ) {
        (self.own, self.bot, self.hook, self.metrics) = (own, bot, hook, metrics)
        self.surroundings = surroundings
        random = surroundings.entropy.generator()
        intake = TelegramIntake(own, bot, counting: metrics, in: surroundings)
    }

    private var clock: any Clock { surroundings.clock }
    private var isPolling: Bool { own.settings.mode == .polling }

    /// Receives until the stop, then tells the server which updates are stored.
    func run(until stop: Stop) async throws {
        let pool = TaskPool()
        let work = pool.spawn { await self.receive() }
        await stop.requested()
        work.cancel()
        await pool.drain()
        own.standing.begins(atMost: nil)
        await intake.finish(within: Self.grace)
        if isPolling { await confirm() }
    }

    /// Notes that the webhook was called.
    func wasCalled() {
        own.standing.hear()
        metrics.heard(own.name, at: clock.now)
    }

    private func receive() async {
        await repeated { () throws(TelegramFailure) in
            let me = try await self.own.client.me()
            try await self.begin(as: me)
        }
        guard !Task.isCancelled else { return }
        do throws(TelegramFailure) { try await own.client.updateMenus() } catch {
            surroundings.log.warning(
                "telegram: the menu of commands was not stored",
                ["bot": .text(own.name), "why": .describing(error)]
            )
        }
        if isPolling { await poll() } else { await watch() }
    }

    private func begin(as me: TelegramMe) async throws(TelegramFailure) {
        bot.people.takesInvitations(own.name, at: "https://t.me/\(me.username)?start=")
        do { try await intake.begin(as: me) } catch { throw .notSent("\(error)") }
        if isPolling {
            // A webhook of an earlier configuration would refuse every question.
            if try await own.client.webhook().url.isEmpty == false {
                try await own.client.deleteWebhook()
            }
        } else {
            try await own.client.setWebhook(hook)
        }
        own.standing.hear()
        surroundings.log.info(
            "telegram: the bot is ready",
            [
                "bot": .text(own.name), "username": .text(me.username),
                "mode": .text(own.settings.mode.rawValue),
            ]
        )
    }

    /// Does `work` until it succeeds or the task is cancelled.
    private func repeated(_ work: @Loop () async throws(TelegramFailure) -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            do throws(TelegramFailure) { return try await work() } catch {
                failures += 1
                guard await pause(after: error, failures) else { return }
            }
        }
    }

    /// Pauses after a failure.
    ///
    /// - Returns: false if the task is cancelled.
    private func pause(after failure: TelegramFailure, _ failures: Int) async -> Bool {
        switch failure {
        case .cancelled: return false
        case .conflict, .badToken: own.standing.fail("\(failure)")
        default: own.standing.stumble("\(failure)")
        }
        var wait: Duration?
        if case .flood(let time) = failure { wait = time }
        let decision = Self.backoff.decide(
            attempt: failures,
            retryAfter: wait,
            at: clock.now,
            using: &random
        )
        guard case .retry(let pause) = decision else { return false }
        own.standing.begins(atMost: pause)
        do { try await clock.sleep(for: pause) } catch { return false }
        return true
    }

    // MARK: Polling

    private func poll() async {
        var failures = 0
        while !Task.isCancelled {
            own.standing.begins(atMost: nil)
            await intake.whenRoom()
            let began = clock.now
            own.standing.begins(atMost: TelegramPoll.longestTime)
            do throws(TelegramFailure) {
                let updates = try await own.client.updates(
                    TelegramPoll(offset: next, limit: limit)
                )
                failures = 0
                limit = Self.mostAtOnce
                wasCalled()
                guard !updates.isEmpty else {
                    // A server that does not wait would be asked without end.
                    let left = Self.leastPause - (clock.now - began)
                    if left > .zero { try? await clock.sleep(for: left) }
                    continue
                }
                do { try await intake.take(updates) } catch { throw .notSent("\(error)") }
                next = updates.last.map { $0.id + 1 }
            } catch {
                failures += 1
                // One update may be too large together with others.
                if case .unknown(_, hasAnswer: true) = error { limit = max(1, limit / 2) }
                guard await pause(after: error, failures) else { return }
            }
        }
    }

    /// Tells the server, before the end, which updates are stored.
    private func confirm() async {
        guard let next else { return }
        let (pool, client) = (TaskPool(), own.client)
        pool.spawn {
            _ = try? await client.updates(TelegramPoll(offset: next, limit: 1, seconds: 0))
        }
        let timer = clock.schedule(after: Self.lastTime) { pool.cancelAll() }
        defer { timer.cancel() }
        await pool.drain()
    }

    // MARK: Webhook

    /// Looks from time to time whether the webhook is still this service's.
    private func watch() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: Self.lookPause) } catch { return }
            do throws(TelegramFailure) {
                let state = try await own.client.webhook()
                if state.url == hook {
                    own.standing.hear()
                } else {
                    own.standing.fail("another program has changed the bot's webhook")
                }
            } catch { own.standing.stumble("\(error)") }
        }
    }
}
