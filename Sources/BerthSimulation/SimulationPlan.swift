import BerthLoop
import BerthQueue
import Glibc

/// Who takes part in a simulation and what they ask: the same numbers make the same people, who ask
/// the same questions after the same pauses, on every machine.
package struct SimulationPlan: Sendable {
    /// 1 to 1,000.
    package let users: Int
    /// For how long they ask, 1 to 86,400.
    package let seconds: Int
    /// Of everything that is left to chance.
    package let seed: UInt64
    /// What is asked again and again.
    private let questions: [String]

    /// So many questions are the repeated ones.
    static let repeatedQuestions = 12

    /// Makes a plan.
    package init(users: Int, seconds: Int, seed: UInt64) {
        self.users = users
        self.seconds = seconds
        self.seed = seed
        var dice = SeededGenerator(seed: ~seed)
        questions = (0..<SimulationPlan.repeatedQuestions).map { number in
            QuestionText.make(&dice) + " (\(seed).\(number))"
        }
    }

    /// The people, each with dice of its own: what one asks does not depend on how many there are.
    package var people: [Persona] {
        var dice = SeededGenerator(seed: seed)
        return (0..<users).map { number in
            Persona(
                number: number,
                tenant: "sim-\(seed)-\(number)",
                meanPause: meanPause,
                questions: questions,
                dice: SeededGenerator(seed: dice.next())
            )
        }
    }

    /// Between an answer and the next question: 4 s, or so much less that a short simulation has
    /// several turns of everybody.
    private var meanPause: Duration { min(.seconds(4), .milliseconds(seconds * 1000 / 8)) }
}

/// One simulated user.
package struct Persona: Sendable {
    /// By which way one comes in.
    package enum Door: String, CaseIterable, Sendable {
        /// The OpenAI-compatible API, with a key.
        case api
        /// The web chat, with a login link.
        case web
    }

    /// From 0.
    package let number: Int
    /// The name of its tenant.
    package let tenant: String
    private let meanPause: Duration
    private let questions: [String]
    private var dice: SeededGenerator
    private var asked = 0

    init(
        number: Int,
        tenant: String,
        meanPause: Duration,
        questions: [String],
        dice: SeededGenerator
    ) {
        self.number = number
        self.tenant = tenant
        self.meanPause = meanPause
        self.questions = questions
        self.dice = dice
    }

    /// Every other user comes by the same door.
    package var door: Door { number.isMultiple(of: 2) ? .api : .web }

    /// What it asks next: half of the time one of the repeated questions.
    package mutating func next() -> PlannedTurn {
        let pause = pause()
        asked += 1
        let isRepeated = dice.fraction() < 0.5
        let text =
            isRepeated
            ? questions[popular()]
            : QuestionText.make(&dice) + " (\(tenant).\(asked))"
        return PlannedTurn(pause: pause, text: text, isRepeated: isRepeated)
    }

    /// One of the repeated questions, the first more often than the last: nearly a third is the first.
    private mutating func popular() -> Int {
        let fraction = dice.fraction()
        return Int(Double(questions.count) * fraction * fraction)
    }

    /// Exponential, as independent people are, and at most four times the mean.
    private mutating func pause() -> Duration {
        let factor = min(4, -log(1 - dice.fraction()))
        return .nanoseconds(Int64(Double(meanPause.nanoseconds) * factor))
    }
}

/// One question of a persona.
package struct PlannedTurn: Equatable, Sendable {
    /// From the last answer to this question.
    package let pause: Duration
    /// What is asked.
    package let text: String
    /// Whether others ask the very same: in the web chat it begins a conversation.
    package let isRepeated: Bool
}

/// Questions of 40 to about 400 bytes, as people type them.
enum QuestionText {
    private static let openings = [
        "How do I", "Please explain how to", "What is the best way to", "Can you help me to",
        "In short:", "My colleague wants to", "Why is it hard to", "Give me three ways to",
    ]
    private static let deeds = [
        "write a polite reminder", "plan a week of meals", "fix a slow query", "learn the piano",
        "choose a bicycle", "grow tomatoes on a balcony", "back up a laptop", "name a small cat",
        "read a balance sheet", "sleep better in summer", "pack for a long hike", "bake dark bread",
    ]
    private static let asides = [
        "I have about an hour.", "It should not cost much.", "I tried it once and it went wrong.",
        "Assume that I know nothing.", "Two people depend on it.", "Answer in plain words.",
    ]

    static func make(_ dice: inout SeededGenerator) -> String {
        func one(of list: [String]) -> String { list[Int(dice.next() % UInt64(list.count))] }
        var text = "\(one(of: openings)) \(one(of: deeds))?"
        for _ in 0..<dice.next() % 8 { text += " " + one(of: asides) }
        return text
    }
}
