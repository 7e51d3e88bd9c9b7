import BerthChannels
import BerthConfig
import BerthLoop
import BerthText
import Testing

@testable import berth

/// The bots' part of `berth doctor`.
@Suite struct TelegramReportTests {
    private static let now = Timestamp(milliseconds: 1_760_000_000_000)
    private static let hook = "https://chat.example.org/telegram/42"

    private func report(
        mode: Configuration.Telegram.Mode = .polling,
        webhook: String = "",
        waiting: Int = 0,
        isRunning: Bool = true,
        error: Int? = nil,
        last: Timestamp? = nil
    ) throws -> [Doctor.Finding] {
        let base = try #require(WebURL("https://api.telegram.org"))
        var bot = try #require(Configuration.Telegram(token: Secret("42:a"), apiBase: base))
        bot.mode = mode
        var report = TelegramReport(bot, hook: Self.hook)
        (report.isRunning, report.lastUpdate) = (isRunning, last)
        report.me = try TelegramMe(
            JSONObject(Array(#"{"id":42,"username":"x_bot","can_join_groups":true}"#.utf8))
        )
        let failed = error.map { #","last_error_date":\#($0),"last_error_message":"no route""# }
        let json =
            #"{"url":"\#(webhook)","pending_update_count":\#(waiting)\#(failed ?? "")}"#
        report.webhook = TelegramWebhook(try JSONObject(Array(json.utf8)))
        report.serverDate = Self.now
        return report.findings(at: Self.now)
    }

    @Test func `a bot that polls is right, and its privacy mode is explained`() throws {
        let findings = try report()
        #expect(findings.map(\.ok) == [true, true])
        #expect(findings[0].says.contains("@x_bot answers; in groups it sees commands"))
        #expect(findings[1].says == "mode polling, 0 updates wait")
    }

    @Test func `the age of the last update is shown`() throws {
        let last = Self.now + .seconds(-180)
        let says = "mode polling, 0 updates wait; the last one came 3m ago"
        #expect(try report(last: last)[1].says == says)
    }

    @Test func `a webhook that does not fit the mode is a fault of a running service`() throws {
        let other = "https://else.example/hook"
        for (mode, url) in [
            (Configuration.Telegram.Mode.polling, other), (.webhook, ""), (.webhook, other),
        ] {
            let running = try report(mode: mode, webhook: url)[1]
            let stopped = try report(mode: mode, webhook: url, isRunning: false)[1]
            #expect(!running.ok && stopped.ok)
            #expect(stopped.says.contains("webhook is set"))
            #expect(!running.says.contains("else.example"))
        }
        #expect(try report(mode: .webhook, webhook: Self.hook)[1].ok)
    }

    @Test func `a failed delivery of the last hour and many waiting updates are shown`() throws {
        let seconds = Int(Self.now.seconds)
        let failed = try report(mode: .webhook, webhook: Self.hook, error: seconds - 60)[1]
        #expect(!failed.ok && failed.says.contains("no route"))
        #expect(try report(mode: .webhook, webhook: Self.hook, error: seconds - 9_999)[1].ok)
        let unread = try report(waiting: 5_000)[1]
        #expect(!unread.ok)
        #expect(try report(waiting: 5_000, isRunning: false)[1].ok)
    }
}
