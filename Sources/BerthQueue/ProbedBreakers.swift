/// The breakers that one call probes.
struct ProbedBreakers: OptionSet, Sendable {
    let rawValue: Int

    static let provider = ProbedBreakers(rawValue: 1)
    static let model = ProbedBreakers(rawValue: 2)
    static let tenant = ProbedBreakers(rawValue: 4)
}
