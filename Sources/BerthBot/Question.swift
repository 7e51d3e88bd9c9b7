import BerthCache
import BerthStore

/// A turn's question, as the model reads it.
struct Question: Sendable {
    /// The instruction before it, or "" for none.
    private(set) var system: String
    /// The new message, or a quoted text.
    let text: String
    /// The kind under which its answer is cached.
    let kind: CacheKind
    /// Whether ``system`` has something that the person wrote.
    private(set) var isPersonal = false

    /// Whether it is a translation, which is asked without history and the operator's system text.
    var isTranslation: Bool { kind == .translation }

    /// Reads a message of a person with a language.
    ///
    /// The operator's text `system` is not used for a translation. A text that is translated is copied
    /// several times, so a large one is read through `LargeWork`.
    init(_ message: String, system: String, in language: Language) {
        self =
            Translation(message, orInto: language).map { Question($0) }
            ?? Question(system: system, text: message, kind: .answer)
    }

    /// Adds a person's instructions, which a translation has none of.
    mutating func add(_ own: OwnInstructions) {
        guard !isTranslation, own.bytes > 0 else { return }
        isPersonal = true
        add(own.general, after: "Instructions of the person who writes:")
        add(own.special, after: "Instructions of that person for this conversation:")
    }

    /// Adds a summary of the part of the conversation that has no room.
    mutating func add(_ summary: Summary) {
        isPersonal = true
        add(summary.text, after: Question.aboutSummary)
    }

    private static let aboutSummary = """
        The beginning of this conversation is left out, because it is long. Its summary:
        """

    private mutating func add(_ text: String, after heading: String) {
        guard !text.isEmpty else { return }
        system += (system.isEmpty ? "" : "\n\n") + heading + "\n" + text
    }

    /// The question for a translation.
    init(_ translation: Translation) {
        self.init(system: translation.instruction, text: translation.quoted, kind: .translation)
    }

    private init(system: String, text: String, kind: CacheKind) {
        self.system = system
        self.text = text
        self.kind = kind
    }
}
