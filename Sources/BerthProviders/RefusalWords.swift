import BerthConfig
import BerthText

/// The words of a refusal, in which names of members are looked for.
///
/// Names are compared without case, `_` and `-`, as some servers write `maxTokens` or `max tokens`.
struct RefusalWords {
    /// The words in small letters, without `_`.
    private let words: [String]
    /// The words without those that have digits, which numbers and ids have.
    let plain: [String]
    /// The whole text in small letters.
    private let text: String
    /// The bytes of the text.
    private let bytes: [UInt8]
    /// The place of the list of what the server takes, which names other members.
    private let end: Int

    /// The most bytes of a text that are read.
    private static let mostRead = 2048

    init(_ message: String) {
        text = message.cut(toBytes: RefusalWords.mostRead).lowercased()
        bytes = Array(text.utf8)
        words = text.unicodeScalars.split { !RefusalWords.isOfWord($0) && $0 != "_" }
            .map { String($0.filter { $0 != "_" }).cut(toBytes: RefusalWords.mostOfWord) }
        plain = words.filter { !$0.unicodeScalars.contains { $0.properties.numericType != nil } }
        end = RefusalWords.endOfComplaint(words)
    }

    /// The most bytes of a word that are kept, which tell it from the known ones.
    private static let mostOfWord = 64

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    /// Whether the text has a phrase.
    ///
    /// It compares bytes, because a provider chooses how long it takes to compare characters.
    private func has(_ phrase: String) -> Bool { bytes.offset(of: phrase) != nil }

    /// The first word after which a list of allowed names follows.
    ///
    /// For example: `unknown field 'a', expected one of 'b', 'c'`.
    private static func endOfComplaint(_ words: [String]) -> Int {
        for (place, word) in words.enumerated() {
            let next = place + 1 < words.count ? words[place + 1] : ""
            let isList =
                (word == "one" && next == "of") || (word == "should" && next == "be")
                || (word == "must" && next == "be") || (word == "allowed" && next == "values")
                || (["available", "supported", "valid"].contains(word)
                    && ["values", "parameters", "fields", "roles", "keys"].contains(next))
            if isList { return place }
        }
        return words.count
    }

    /// Words that say no more than a status.
    private static let empty: Set = [
        "bad", "request", "invalid", "unprocessable", "entity", "content", "error", "status", "the",
        "your", "is", "was", "http", "validation", "failed", "malformed", "parameters", "body",
    ]

    /// Whether the text says nothing about its cause.
    var isEmpty: Bool { plain.allSatisfy { RefusalWords.empty.contains($0) } }

    /// Whether the text is about the length of the prompt too.
    var isAboutPrompt: Bool {
        !Set(words).isDisjoint(with: ["context", "contextlength", "prompt", "input", "inputs"])
    }

    // MARK: Phrases

    private static let refusals = [
        "unsupported", "not support", "n't support", "unrecognized", "unrecognised", "unknown",
        "unexpected", "not permitted", "not allowed", "extra inputs", "extra field", "extra_forb",
        "additional propert", "invalid", "not one of", "not available", "deprecated", "no such",
        "not accept", "not recognized", "not enabled", "not implemented", "deserialize", "removed",
        "not valid", "cannot be used", "not a known", "only the default", "disabled", "not exist",
        "instead",
    ]
    private static let excesses = [
        "at most", "too large", "too high", "too big", "too long", "less than", "exceed",
        "greater than", "larger than", "<=", "≤", " > ", "lower than", "smaller than",
    ]
    /// Words that are about a value if a number stands with them.
    private static let bounds = ["maximum", "range", "up to", "limit of"]

    /// Whether the text says that something is not taken.
    var refuses: Bool { RefusalWords.refusals.contains { has($0) } }

    /// Whether the text says that a number is too large.
    var saysTooLarge: Bool { RefusalWords.excesses.contains { has($0) } }

    /// Whether the text may say the largest number that is taken.
    var hasBound: Bool { saysTooLarge || RefusalWords.bounds.contains { has($0) } }

    // MARK: Names

    /// The first place of a name of the output limit.
    func place(of limit: Quirks.OutputLimit) -> Int? { place(of: limit.rawValue) }

    /// The place at which the text complains of a name of the output limit.
    func complaint(of limit: Quirks.OutputLimit) -> Int? { complaint(of: limit.rawValue) }

    /// Whether the text names the output limit under any of its names.
    var namesAnyLimit: Bool {
        let names = Quirks.OutputLimit.allCases.filter { $0 != .none }.map(\.rawValue)
        return (names + ["output tokens", "completion tokens", "in the completion"])
            .contains { place(of: $0) != nil }
    }

    /// The place at which the text complains of a part, or nil if it does not.
    ///
    /// `userNames` are the names of the member with the tenant's pseudonym.
    func place(of part: Quirks.Part, userNames: [String]) -> Int? {
        switch part {
        case .streamOptions:
            return complaint(of: "stream_options") ?? complaint(of: "include_usage")
        case .stream: return placeOfStream
        case .temperature: return complaint(of: "temperature")
        // The words stand for roles and people more often than for members.
        case .user:
            guard !isAboutRoles, refuses else { return nil }
            return userNames.compactMap { complaint(of: $0) }.min()
        case .safetyIdentifier: return complaint(of: "safety_identifier")
        case .developer: return placeOfDeveloper
        case .system: return placeOfSystem
        }
    }

    /// The first place of a name, written as one word or as several.
    private func place(of name: String) -> Int? {
        let folded = name.filter { $0 != "_" && $0 != " " }
        return words.indices.first { start in
            var joined = ""
            for word in words[start..<min(start + 4, words.count)] {
                joined += word
                if joined == folded { return true }
                if joined.utf8.count >= folded.utf8.count { return false }
            }
            return false
        }
    }

    private func isInComplaint(_ place: Int) -> Bool { place < end }

    private func complaint(of name: String) -> Int? {
        place(of: name).flatMap { isInComplaint($0) ? $0 : nil }
    }

    /// `stream` as a member or a manner, but not within `stream_options`.
    private var placeOfStream: Int? {
        guard refuses || has("must be false") else { return nil }
        return words.indices.first { place in
            let next = place + 1 < words.count ? words[place + 1] : ""
            return isInComplaint(place) && ["stream", "streaming"].contains(words[place])
                && next != "options"
        }
    }

    // MARK: Roles

    private var isAboutRoles: Bool {
        !Set(words).isDisjoint(with: ["role", "roles", "variant", "messages", "message"])
    }

    /// A complaint that names the role, or lists the others.
    private var placeOfDeveloper: Int? {
        let named = place(of: "developer")
        if let named, isInComplaint(named), isAboutRoles || refuses { return named }
        let lists = place(of: "system").map { !isInComplaint($0) } ?? false
        return named == nil && lists && isAboutRoles ? end : nil
    }

    /// A complaint that names the role, with a word that tells it from a fault of the system.
    private var placeOfSystem: Int? {
        if place(of: "system") == nil, words.contains("roles"), words.contains("only") {
            return place(of: "roles")
        }
        guard refuses || isAboutRoles, let place = complaint(of: "system") else { return nil }
        let near = words[max(0, place - 6)..<min(place + 4, words.count)]
        let marks: Set = [
            "role", "roles", "prompt", "prompts", "message", "messages", "instruction",
            "instructions", "variant",
        ]
        return marks.isDisjoint(with: near) ? nil : place
    }

    // MARK: Numbers

    /// The largest number of the text that is less than `value`, such as a maximum.
    ///
    /// Numbers within the names of models and of members are not read.
    func most(below value: Int) -> Int? {
        let parts = text.unicodeScalars.split {
            !RefusalWords.isOfWord($0) && !"_-.:/".unicodeScalars.contains($0)
        }
        let numbers = parts.compactMap { part in
            Int(String(part.last == "." ? part.dropLast() : part))
        }
        let most = numbers.filter { $0 < value && $0 >= RefusalWords.leastLimit }.max()
        return has("(exclusive)") ? most.map { $0 - 1 } : most
    }

    /// A number below this is no output limit of a model.
    private static let leastLimit = 16
}
