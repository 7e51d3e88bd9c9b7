import BerthLoop
import Glibc

/// One simulated user.
package struct Persona: Sendable {
    /// The interface of the service that a persona uses.
    package enum Interface: String, CaseIterable, Sendable {
        /// The OpenAI-compatible API, with a key.
        case api
        /// The web chat, with a login link.
        case web
        /// A private chat with a Telegram bot.
        case telegram
    }

    /// The persona's number, from 0.
    package let number: Int
    /// The name of the persona's tenant.
    package let tenant: String
    private let meanPause: Duration
    private let questions: [String]
    /// Whether half of the questions are prompts of pictures.
    private let makesPictures: Bool
    /// The persona's interface.
    package let interface: Interface
    private var dice: SeededGenerator
    private var asked = 0
    /// Whether the next question does not wait for the last answer.
    private var hurries = false

    init(
        number: Int,
        _ interface: Interface,
        of plan: SimulationPlan,
        makesPictures: Bool,
        dice: SeededGenerator
    ) {
        (self.number, self.interface) = (number, interface)
        tenant = "sim-\(plan.seed)-\(number)"
        (meanPause, questions) = (plan.meanPause, plan.questions)
        self.makesPictures = makesPictures
        self.dice = dice
    }

    /// Returns the next question, which is one of the repeated questions half of the time.
    ///
    /// In Telegram, a quarter of the questions is followed by another one at once.
    package mutating func next() -> PlannedTurn {
        let pause = hurries ? meanPause / 20 : pause()
        asked += 1
        let isRepeated = dice.fraction() < 0.5
        let text =
            isRepeated
            ? questions[popular()]
            : QuestionText.make(&dice) + " (\(tenant).\(asked))"
        let isPicture = makesPictures && dice.fraction() < 0.5
        hurries = interface == .telegram && dice.fraction() < 0.25
        return PlannedTurn(
            pause: pause,
            text: text,
            isRepeated: isRepeated,
            isPicture: isPicture,
            isFollowed: hurries
        )
    }

    /// Returns the index of a repeated question.
    ///
    /// Low indices are more likely; index 0 has a share of almost a third.
    private mutating func popular() -> Int {
        let fraction = dice.fraction()
        return Int(Double(questions.count) * fraction * fraction)
    }

    /// Returns an exponentially distributed pause, as of independent users, of at most four times
    /// the mean.
    private mutating func pause() -> Duration {
        let factor = min(4, -log(1 - dice.fraction()))
        return .nanoseconds(Int64(Double(meanPause.nanoseconds) * factor))
    }
}
