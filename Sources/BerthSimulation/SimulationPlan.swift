import BerthLoop

/// The personas of a simulation and their questions.
///
/// The same numbers make the same personas, questions and pauses on every machine.
package struct SimulationPlan: Sendable {
    /// The number of personas, 1 to 1,000.
    package let users: Int
    /// The time during which they ask, 1 to 86,400 s.
    package let seconds: Int
    /// The seed of all randomness.
    package let seed: UInt64
    /// The share of personas who also ask for pictures, in percent.
    package let pictures: Int
    /// The questions that every persona repeats.
    private let questions: [String]

    /// The number of repeated questions.
    static let repeatedQuestions = 12

    /// Makes a plan.
    package init(users: Int, seconds: Int, seed: UInt64, pictures: Int = 0) {
        self.users = users
        self.seconds = seconds
        self.seed = seed
        self.pictures = pictures
        var dice = SeededGenerator(seed: ~seed)
        questions = (0..<SimulationPlan.repeatedQuestions).map { number in
            QuestionText.make(&dice) + " (\(seed).\(number))"
        }
    }

    /// The personas.
    ///
    /// Each has a random generator of its own, so its questions do not depend on the number of
    /// personas.
    package var people: [Persona] {
        var dice = SeededGenerator(seed: seed)
        return (0..<users).map { number in
            Persona(
                number: number,
                tenant: "sim-\(seed)-\(number)",
                meanPause: meanPause,
                questions: questions,
                makesPictures: (number + 1) * pictures / 100 > number * pictures / 100,
                dice: SeededGenerator(seed: dice.next())
            )
        }
    }

    /// The mean pause between an answer and the next question: 4 s, or less in a short simulation,
    /// so that every persona has several turns.
    private var meanPause: Duration { min(.seconds(4), .milliseconds(seconds * 1000 / 8)) }
}
