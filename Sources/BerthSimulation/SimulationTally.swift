/// What is counted while a simulation runs.
package struct SimulationTally: Sendable {
    /// Turns by what became of them.
    package struct Turns: Codable, Equatable, Sendable {
        /// Questions that were sent.
        package fileprivate(set) var asked = 0
        /// Whole answers.
        package fileprivate(set) var answered = 0
        /// Errors that say why.
        package fileprivate(set) var refused = 0
        /// All else.
        package fileprivate(set) var lost = 0

        /// Makes counts of nothing.
        package init() {}
    }

    /// Over both doors.
    package private(set) var turns = Turns()
    /// By door.
    package private(set) var byDoor: [Persona.Door: Turns] = [:]
    /// How often each code was given; at most ``mostCodes``, the others count as `other`.
    package private(set) var refusals: [String: Int] = [:]
    /// How often each loss happened.
    package private(set) var losses: [Verdict.Loss: Int] = [:]
    /// Answered turns: from the question to the first of its text.
    package private(set) var firstToken = LatencySample()
    /// Answered turns: from the question to the answer's end.
    package private(set) var full = LatencySample()

    /// A service that makes its codes up must not fill this process.
    static let mostCodes = 100

    /// Makes an empty tally.
    package init() {}

    /// Turns that were asked and have no verdict yet.
    package var underWay: Int { turns.asked - turns.answered - turns.refused - turns.lost }

    /// Counts a question.
    package mutating func ask(_ door: Persona.Door) { change(door) { $0.asked += 1 } }

    /// Counts what became of one.
    package mutating func end(_ result: TurnResult, _ door: Persona.Door) {
        switch result.verdict {
        case .answered:
            change(door) { $0.answered += 1 }
            firstToken.add(result.firstToken ?? result.full)
            full.add(result.full)
        case .refused(let code):
            change(door) { $0.refused += 1 }
            let isKnown = refusals[code] != nil || refusals.count < SimulationTally.mostCodes
            refusals[isKnown ? code : "other", default: 0] += 1
        case .lost(let loss):
            change(door) { $0.lost += 1 }
            losses[loss, default: 0] += 1
        }
    }

    private mutating func change(_ door: Persona.Door, _ change: (inout Turns) -> Void) {
        change(&turns)
        change(&byDoor[door, default: Turns()])
    }
}

/// What became of one question, and how long it took.
package struct TurnResult: Equatable, Sendable {
    /// What became of it.
    package var verdict: Verdict
    /// From the question to the first of the answer's text; nil where none came.
    package var firstToken: Duration?
    /// From the question to the end.
    package var full: Duration

    /// Makes a result.
    package init(verdict: Verdict, firstToken: Duration? = nil, full: Duration) {
        self.verdict = verdict
        self.firstToken = firstToken
        self.full = full
    }
}
