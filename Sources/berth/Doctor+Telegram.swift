import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTelemetry
import BerthText

extension Doctor {
    /// Asks Telegram about each bot: its token, its rights, its webhook and the date.
    static func telegram(
        _ configuration: Configuration,
        _ client: HTTPClient,
        isRunning: Bool
    ) async -> [Finding] {
        var findings: [Finding] = []
        for bot in configuration.telegram {
            let telegram = TelegramClient(bot, over: client, in: Surroundings(log: .silent))
            do throws(TelegramFailure) {
                var report = TelegramReport(bot, hook: TelegramReport.hook(of: bot, configuration))
                report.isRunning = isRunning
                report.me = try await telegram.me()
                report.webhook = try await telegram.webhook()
                report.serverDate = telegram.serverDate
                let file = DataFolder.database(in: configuration.data)
                report.lastUpdate = try? await Database.lastUpdate(of: bot.id, in: file)
                findings += report.findings(at: SystemClock().wall)
            } catch {
                findings.append(
                    Finding(check: "telegram \(bot.name)", ok: false, says: "\(error)")
                )
            }
        }
        return findings
    }
}

/// The answers of Telegram about a bot, beside the bot's configuration.
struct TelegramReport {
    let bot: Configuration.Telegram
    /// The URL at which this service takes the bot's updates.
    let hook: String
    var isRunning = false
    var me: TelegramMe?
    var webhook: TelegramWebhook?
    var serverDate: Timestamp?
    /// When the last update arrived, or nil if none is remembered.
    var lastUpdate: Timestamp?

    /// The age below which a failed delivery is shown as one.
    private static let recent = Duration.seconds(3_600)
    /// The number of waiting updates that shows that nobody reads them.
    private static let many = 1_000

    init(_ bot: Configuration.Telegram, hook: String) { (self.bot, self.hook) = (bot, hook) }

    /// The URL at which a service takes a bot's updates.
    static func hook(of bot: Configuration.Telegram, _ configuration: Configuration) -> String {
        TelegramChannel.hook(of: bot, configuration)
    }

    func findings(at now: Timestamp) -> [Doctor.Finding] {
        var findings: [Doctor.Finding] = []
        if let me {
            let privacy =
                me.seesGroups
                ? "it sees every message of its groups"
                : "in groups it sees commands and replies only: to let it see mentions, turn its "
                    + "privacy mode off (@BotFather, /setprivacy) and add it to the group again"
            let groups =
                me.canJoinGroups ? privacy : "it cannot be added to groups (/setjoingroups)"
            findings.append(
                Doctor.Finding(
                    check: "telegram \(bot.name)",
                    ok: true,
                    says: "@\(me.username) answers; \(groups)"
                )
            )
        }
        if let webhook { findings.append(updates(webhook, at: now)) }
        if let serverDate, let skew = skew(now, serverDate) {
            findings.append(
                Doctor.Finding(check: "telegram \(bot.name) clock", ok: false, says: skew)
            )
        }
        return findings
    }

    private func updates(_ webhook: TelegramWebhook, at now: Timestamp) -> Doctor.Finding {
        var (faults, notes) = ([String](), [String]())
        let wanted = bot.mode == .webhook ? hook : ""
        if webhook.url != wanted {
            let words =
                wanted.isEmpty
                ? "a webhook is set, so that polling is refused"
                : webhook.url.isEmpty ? "no webhook is set" : "another webhook is set"
            if isRunning { faults.append(words) } else { notes.append(words) }
        }
        if let time = webhook.lastError {
            let age = Duration.seconds(now.seconds - Int64(clamping: time))
            let words = "the last delivery that failed: \(webhook.lastWords ?? "no reason given")"
            if age < Self.recent, bot.mode == .webhook { faults.append(words) }
        }
        notes.append("mode \(bot.mode.rawValue), \(webhook.waiting) updates wait")
        if let lastUpdate {
            let age = max(0, now.seconds - lastUpdate.seconds)
            notes.append("the last one came \(Units.text(.seconds(age))) ago")
        }
        if isRunning, webhook.waiting >= Self.many {
            faults.append("the service does not read its updates")
        }
        return Doctor.Finding(
            check: "telegram \(bot.name) updates",
            ok: faults.isEmpty,
            says: (faults + notes).joined(separator: "; ")
        )
    }

    private func skew(_ now: Timestamp, _ server: Timestamp) -> String? {
        let ahead = now - server
        guard abs(ahead.milliseconds()) > ClockReport.tolerance.milliseconds() else { return nil }
        let time = Units.text(.seconds(abs(ahead.milliseconds()) / 1000))
        return "this machine's clock is \(time) \(ahead > .zero ? "ahead of" : "behind") "
            + "Telegram's: set it, because logins and updates depend on it"
    }
}
