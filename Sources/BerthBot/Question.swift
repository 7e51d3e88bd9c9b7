import BerthCache

/// A turn's question, as the model reads it.
struct Question {
    /// The instruction before it, or "" for none.
    let system: String
    /// The new message, or a quoted text.
    let text: String
    /// The kind under which its answer is cached.
    let kind: CacheKind

    /// Whether it is a translation, which is asked without history and the operator's system text.
    var isTranslation: Bool { kind == .translation }

    /// Reads a message of a person with a language.
    ///
    /// The operator's text `system` is not used for a translation.
    init(_ message: String, system: String, in language: Language) {
        self =
            Translation(message, orInto: language).map { Question($0) }
            ?? Question(system: system, text: message, kind: .answer)
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
