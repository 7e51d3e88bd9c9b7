import BerthLoop

/// The personas of a simulation and their questions.
///
/// The same numbers make the same personas, questions and pauses on every machine.
package struct SimulationPlan: Sendable {
    /// The number of personas at the API and on the web, 1 to 1,000.
    package let users: Int
    /// The number of personas beside them who write to a Telegram bot, 0 to 1,000.
    package let telegram: Int
    /// The time during which they ask, 1 to 86,400 s.
    package let seconds: Int
    /// The seed of all randomness.
    package let seed: UInt64
    /// The share of personas who also ask for pictures, in percent.
    package let pictures: Int
    /// The mean pause between an answer and the next question of a persona.
    let meanPause: Duration
    /// The time after the plan's end until unfinished answers count as lost.
    package let grace: Duration
    /// The questions that every persona repeats.
    let questions: [String]

    /// The number of repeated questions.
    static let repeatedQuestions = 12

    /// Makes a plan.
    ///
    /// Its personas ask every 4 s, or more often in a short simulation, so that each has several
    /// turns. In virtual time they ask every 20 min, as people do, and wait until the service has
    /// made its last attempt at an answer.
    package init(
        users: Int,
        seconds: Int,
        seed: UInt64,
        pictures: Int = 0,
        telegram: Int = 0,
        isVirtual: Bool = false
    ) {
        (self.users, self.telegram) = (users, telegram)
        self.seconds = seconds
        self.seed = seed
        self.pictures = pictures
        let usual = isVirtual ? Duration.seconds(1200) : .seconds(4)
        meanPause = min(usual, .milliseconds(seconds * 1000 / 8))
        grace = isVirtual ? .seconds(1800) : .seconds(30)
        var dice = SeededGenerator(seed: ~seed)
        questions = (0..<SimulationPlan.repeatedQuestions).map { number in
            QuestionText.make(&dice) + " (\(seed).\(number))"
        }
    }

    /// Whether many personas ask a question.
    ///
    /// Every other question ends with the name of its persona's tenant.
    func isRepeated(_ question: String) -> Bool { questions.contains(question) }

    /// The number of all personas.
    package var everybody: Int { users + telegram }

    /// The personas: those with even numbers at the API, the others on the web, then those in
    /// Telegram.
    ///
    /// Each has a random generator of its own, so its questions do not depend on the number of
    /// personas.
    package var people: [Persona] {
        var dice = SeededGenerator(seed: seed)
        return (0..<everybody).map { number in
            Persona(
                number: number,
                number >= users ? .telegram : number.isMultiple(of: 2) ? .api : .web,
                of: self,
                makesPictures: number < users
                    && (number + 1) * pictures / 100 > number * pictures / 100,
                dice: SeededGenerator(seed: dice.next())
            )
        }
    }
}
