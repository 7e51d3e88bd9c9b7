import BerthConfig
import BerthMemory
import Testing

/// A machine with a known limit, so that results do not depend on where the tests run.
let testMemory = MemoryCeiling(limit: .mebibytes(128), source: "a test's machine")

/// Reads `text` as the file `f.yaml`.
func parse(
    _ text: String,
    _ variables: [String: String] = [:]
) throws(ConfigurationError) -> ConfigurationFile {
    try ConfigurationFile.parse(
        Array(text.utf8),
        file: "f.yaml",
        environment: { variables[$0] },
        memory: testMemory
    )
}

/// The error for `text`, or "" if it is valid.
func complaint(_ text: String, _ variables: [String: String] = [:]) -> String {
    do {
        _ = try parse(text, variables)
        return ""
    } catch {
        return "\(error)"
    }
}

/// A text and the expected result.
struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: String

    init(_ text: String, _ expected: String) {
        self.text = text
        self.expected = expected
    }

    var testDescription: String { text.replacing("\n", with: "⏎") }
}

/// The same numbers each time: Knuth's MMIX generator.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
