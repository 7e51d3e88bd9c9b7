import BerthConfig
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthChannels

/// A bot's receiving, as the operator sees it.
@Suite(.loop) struct TelegramStandingTests {
    @Loop private static func standing(_ clock: ManualClock) throws -> TelegramStanding {
        let base = try #require(WebURL("http://127.0.0.1:9"))
        let settings = try #require(Configuration.Telegram(token: Secret("42:a"), apiBase: base))
        return TelegramStanding(settings, in: .quiet(clock))
    }

    @Loop @Test func `a receiver that does not end its step in time has stood still`() throws {
        let clock = ManualClock()
        let standing = try Self.standing(clock)
        standing.begins(atMost: .seconds(65))
        clock.advance(by: .seconds(65) + TelegramStanding.longestSilence)
        let before = standing.stuck
        #expect(before == nil)
        clock.advance(by: .seconds(1))
        let after = standing.stuck
        #expect(after?.contains("has stood still for 181 s") == true)
        standing.begins(atMost: .seconds(65))
        let next = standing.stuck
        #expect(next == nil)
    }

    @Loop @Test func `a receiver that waits for its own work, or as long as it was told, has not`()
        throws
    {
        let clock = ManualClock()
        let standing = try Self.standing(clock)
        standing.begins(atMost: nil)
        clock.advance(by: .seconds(10_000))
        let waiting = standing.stuck
        #expect(waiting == nil)
        // Telegram may ask for a day's pause.
        standing.begins(atMost: TelegramFailure.longestWait)
        clock.advance(by: TelegramFailure.longestWait)
        let paused = standing.stuck
        #expect(paused == nil)
        let words = standing.words
        #expect(words?.contains("has not answered") == true)
    }
}
