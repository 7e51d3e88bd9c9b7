import Testing

@testable import BerthSimulation

@Suite struct SimulationPlanTests {
    private static func turns(
        _ plan: SimulationPlan,
        of number: Int = 0,
        count: Int = 200
    ) -> [PlannedTurn] {
        var person = plan.people[number]
        return (0..<count).map { _ in person.next() }
    }

    @Test func `the same seed makes the same people, questions and pauses`() {
        let (one, other) = (
            SimulationPlan(users: 9, seconds: 60, seed: 7),
            SimulationPlan(users: 9, seconds: 60, seed: 7)
        )
        for number in 0..<9 {
            #expect(
                SimulationPlanTests.turns(one, of: number)
                    == SimulationPlanTests.turns(other, of: number)
            )
        }
        #expect(one.people.map(\.tenant) == other.people.map(\.tenant))
    }

    @Test func `another seed and another person ask other things`() {
        let plan = SimulationPlan(users: 3, seconds: 60, seed: 7)
        let other = SimulationPlan(users: 3, seconds: 60, seed: 8)
        let turns = SimulationPlanTests.turns(plan)
        #expect(turns != SimulationPlanTests.turns(plan, of: 1))
        #expect(turns != SimulationPlanTests.turns(other))
        #expect(plan.people[0].tenant == "sim-7-0")
    }

    @Test func `what one asks does not depend on how many there are`() {
        let few = SimulationPlan(users: 3, seconds: 60, seed: 7)
        let many = SimulationPlan(users: 1000, seconds: 60, seed: 7)
        #expect(SimulationPlanTests.turns(few, of: 2) == SimulationPlanTests.turns(many, of: 2))
    }

    @Test func `half of all questions are repeated, and only those are asked twice`() {
        let plan = SimulationPlan(users: 20, seconds: 60, seed: 1)
        let turns = (0..<20).flatMap { SimulationPlanTests.turns(plan, of: $0) }
        let (repeated, own) = (turns.filter(\.isRepeated), turns.filter { !$0.isRepeated })
        #expect((1800...2200).contains(repeated.count))
        #expect(Set(repeated.map(\.text)).count == SimulationPlan.repeatedQuestions)
        #expect(Set(own.map(\.text)).count == own.count)
    }

    @Test(arguments: [(1, 125), (10, 1250), (32, 4000), (86400, 4000)])
    func `pauses have their mean and a bound`(seconds: Int, meanMs: Int) {
        let plan = SimulationPlan(users: 1, seconds: seconds, seed: 3)
        let pauses = SimulationPlanTests.turns(plan, count: 4000).map(\.pause)
        let mean = pauses.reduce(.zero, +) / 4000
        #expect(pauses.allSatisfy { $0 >= .zero && $0 <= .milliseconds(4 * meanMs) })
        #expect(mean > .milliseconds(meanMs) * 0.9 && mean < .milliseconds(meanMs) * 1.1)
    }

    @Test func `half come over the API, half to the web chat`() {
        let interfaces = SimulationPlan(users: 50, seconds: 60, seed: 1).people.map(\.interface)
        #expect(interfaces.count { $0 == .api } == 25 && interfaces.count { $0 == .web } == 25)
    }

    @Test func `users of Telegram come beside the others, who ask the same as without them`() {
        let plan = SimulationPlan(users: 3, seconds: 60, seed: 7, pictures: 100, telegram: 2)
        let others = SimulationPlan(users: 3, seconds: 60, seed: 7, pictures: 100)
        #expect(plan.people.map(\.interface) == [.api, .web, .api, .telegram, .telegram])
        #expect(SimulationPlanTests.turns(plan, of: 2) == SimulationPlanTests.turns(others, of: 2))
        let turns = SimulationPlanTests.turns(plan, of: 3, count: 400)
        let followed = turns.count(where: \.isFollowed)
        #expect((60...140).contains(followed) && !turns.contains(where: \.isPicture))
        for (turn, next) in zip(turns, turns.dropFirst()) where turn.isFollowed {
            #expect(next.pause == .milliseconds(200))
        }
    }
}
