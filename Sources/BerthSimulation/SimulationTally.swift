/// The running counts of a simulation.
package struct SimulationTally: Sendable {
    /// The numbers of turns, by outcome.
    package struct TurnCounts: Codable, Equatable, Sendable {
        /// Questions sent.
        package fileprivate(set) var asked = 0
        /// Complete answers.
        package fileprivate(set) var answered = 0
        /// Errors that state a reason.
        package fileprivate(set) var refused = 0
        /// All other turns.
        package fileprivate(set) var lost = 0

        /// Makes counts of zero.
        package init() {}
    }

    /// The counts over both interfaces.
    package private(set) var turns = TurnCounts()
    /// The counts by interface.
    package private(set) var byInterface: [Persona.Interface: TurnCounts] = [:]
    /// The counts of the turns that ask for pictures.
    package private(set) var pictures = TurnCounts()
    /// The time from the prompt to the picture, of answered turns.
    package private(set) var pictureTime = LatencySample()
    /// The number of refusals by code.
    ///
    /// At most ``mostCodes`` codes are kept; further ones are counted as `other`.
    package private(set) var refusals: [String: Int] = [:]
    /// The number of losses by kind.
    package private(set) var losses: [Verdict.Loss: Int] = [:]
    /// The time from the question to the first text, of answered turns without a picture.
    package private(set) var firstToken = LatencySample()
    /// The time from the question to the end of the answer, of answered turns without a picture.
    package private(set) var full = LatencySample()

    /// The number of answers in Telegram that came after those of all earlier questions.
    package private(set) var inOrder = 0
    /// The number of messages in Telegram that repeat an answer.
    package internal(set) var doubled = 0
    /// The time from the provider's last token to the complete message, of answers in Telegram.
    package private(set) var final = LatencySample()
    /// The longest of these times.
    package private(set) var worstFinal = Duration.zero

    /// The maximum number of refusal codes kept, in case a service returns random ones.
    static let mostCodes = 100

    /// Makes an empty tally.
    package init() {}

    /// The number of turns without a verdict yet.
    package var underWay: Int { turns.asked - turns.answered - turns.refused - turns.lost }

    /// Counts a question.
    package mutating func ask(_ interface: Persona.Interface, isPicture: Bool = false) {
        change(interface, isPicture) { $0.asked += 1 }
    }

    /// Counts the outcome of a question.
    package mutating func end(
        _ result: TurnResult,
        _ interface: Persona.Interface,
        isPicture: Bool = false
    ) {
        switch result.verdict {
        case .answered:
            change(interface, isPicture) { $0.answered += 1 }
            if interface == .telegram { note(result) }
            guard !isPicture else { return pictureTime.add(result.full) }
            firstToken.add(result.firstToken ?? result.full)
            full.add(result.full)
        case .refused(let code):
            change(interface, isPicture) { $0.refused += 1 }
            let isKnown = refusals[code] != nil || refusals.count < SimulationTally.mostCodes
            refusals[isKnown ? code : "other", default: 0] += 1
        case .lost(let loss):
            change(interface, isPicture) { $0.lost += 1 }
            losses[loss, default: 0] += 1
        }
    }

    private mutating func note(_ result: TurnResult) {
        if result.isInOrder { inOrder += 1 }
        guard let time = result.sinceLastToken else { return }
        final.add(time)
        worstFinal = max(worstFinal, time)
    }

    private mutating func change(
        _ interface: Persona.Interface,
        _ isPicture: Bool,
        _ change: (inout TurnCounts) -> Void
    ) {
        change(&turns)
        if isPicture { change(&pictures) }
        change(&byInterface[interface, default: TurnCounts()])
    }
}
