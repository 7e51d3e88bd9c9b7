import BerthConfig
import BerthLoop
import BerthTelemetry

/// Whether a bot receives, for the operator.
@Loop final class TelegramStanding {
    private let name: String
    private let mode: Configuration.Telegram.Mode
    private let clock: any Clock
    private let log: Log
    /// The reason for which it does not receive, which only a person can remove, or nil.
    private(set) var fault: String?
    private var hasStumbled = false
    /// When the server last answered a question for updates or called the webhook.
    private(set) var heard: Instant
    /// The time by which the receiver's present step ends, or nil if it waits for its own work.
    private var due: Instant?

    /// The silence of a polling bot after which it counts as stuck.
    ///
    /// A question waits for 50 s at most.
    static nonisolated let longestSilence = Duration.seconds(180)

    init(_ settings: Configuration.Telegram, in surroundings: Surroundings) {
        (name, mode) = (settings.name, settings.mode)
        (clock, log) = (surroundings.clock, surroundings.log)
        heard = clock.now
    }

    /// Notes that the server has answered, which ends a fault.
    func hear() {
        (heard, hasStumbled) = (clock.now, false)
        guard fault != nil else { return }
        fault = nil
        log.info("telegram: the bot receives again", ["bot": .text(name)])
    }

    /// Notes a reason for which the bot does not receive, which is logged once.
    func fail(_ words: String) {
        guard fault != words else { return }
        fault = words
        log.warning(
            "telegram: the bot does not receive",
            ["bot": .text(name), "why": .text(words)]
        )
    }

    /// Notes a failure that passes, of which the first since an answer is logged.
    func stumble(_ words: String) {
        guard fault == nil, !hasStumbled else { return }
        hasStumbled = true
        log.warning(
            "telegram: the server cannot be asked",
            ["bot": .text(name), "why": .text(words)]
        )
    }

    /// Notes that the receiver begins a step that takes at most `time`, or one whose end depends on
    /// its own work if it is nil.
    func begins(atMost time: Duration?) { due = time.map { clock.now + $0 } }

    /// The words for the operator if the receiver has stood still, or nil.
    ///
    /// A server that is away does not stop it, because each question has a deadline.
    var stuck: String? {
        guard let due, clock.now - due > Self.longestSilence else { return nil }
        let time = Int((clock.now - due).seconds)
        return "telegram \(name): the receiver has stood still for \(time) s"
    }

    /// The words for the operator, or nil if it receives.
    var words: String? {
        if let fault { return "telegram \(name): \(fault)" }
        let silence = clock.now - heard
        guard mode == .polling, silence > Self.longestSilence else { return nil }
        return "telegram \(name): Telegram has not answered for \(Int(silence.seconds)) s"
    }
}
