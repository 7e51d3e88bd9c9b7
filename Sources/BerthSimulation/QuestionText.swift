import BerthLoop

/// Generator of questions of 40 to about 400 bytes, such as people type.
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
