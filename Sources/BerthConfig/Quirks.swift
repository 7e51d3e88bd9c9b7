/// The parts of Berth's own requests that a server refuses, or knows by another name.
///
/// An operator names those of a provider with the key `quirks`. Berth learns others from refusals.
package struct Quirks: Equatable, Sendable, Codable {
    /// A part of a request that Berth adds, replaces or may rename.
    package enum Part: String, CaseIterable, Sendable, Codable {
        /// The request for the usage of a stream. Without it the usage is estimated.
        case streamOptions = "stream_options"
        /// The request for a stream. Without it the answer comes whole.
        case stream
        /// The temperature of translations.
        case temperature
        /// The pseudonym of the tenant.
        case user
        /// The same under OpenAI's newer name.
        case safetyIdentifier = "safety_identifier"
        /// The role `developer`, in place of which `system` is sent.
        case developer
        /// The role `system`, in place of which `developer` is sent.
        ///
        /// Without both, a chat's system prompt becomes a part of its first question.
        case system
    }

    /// The name under which the largest number of output tokens is sent.
    package enum OutputLimit: String, CaseIterable, Sendable, Codable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        /// Google's name, and that of OpenAI's Responses API.
        case maxOutputTokens = "max_output_tokens"
        /// The name in SGLang and in Hugging Face's servers.
        case maxNewTokens = "max_new_tokens"
        /// llama.cpp's own name.
        case nPredict = "n_predict"
        /// Ollama's own name.
        case numPredict = "num_predict"
        /// The server takes no limit, so Berth itself ends answers that grow too large.
        case none
    }

    /// The name of the output limit, or nil for the usual one.
    package var outputLimit: OutputLimit?
    /// The largest output limit that the server takes, or nil if none is known.
    package var mostOutput: Int?
    /// The parts that are left out or renamed.
    package var without: [Part] = []

    /// Makes the quirks of a server that takes everything.
    package init() {}

    /// Whether the server takes everything.
    package var isEmpty: Bool { self == Quirks() }

    /// Whether a part is left out or renamed.
    package func lacks(_ part: Part) -> Bool { without.contains(part) }

    /// Adds a part that is left out or renamed.
    package mutating func leaveOut(_ part: Part) {
        guard !lacks(part) else { return }
        without = Part.allCases.filter { $0 == part || lacks($0) }
    }

    /// These quirks with those of `other`, which count where both name one.
    package func adding(_ other: Quirks) -> Quirks {
        var quirks = self
        quirks.outputLimit = other.outputLimit ?? outputLimit
        quirks.mostOutput = other.mostOutput ?? mostOutput
        for part in other.without { quirks.leaveOut(part) }
        return quirks
    }
}

extension Quirks: CustomStringConvertible {
    /// The quirks in words, such as `max_completion_tokens is the output limit, without user`.
    package var description: String {
        var words: [String] = []
        if outputLimit == Quirks.OutputLimit.none {
            words.append("no output limit is taken")
        } else if let outputLimit {
            words.append("\(outputLimit.rawValue) is the output limit")
        }
        if let mostOutput { words.append("at most \(mostOutput) tokens of output") }
        let names = without.filter { $0 != .developer && $0 != .system }.map(\.rawValue)
        if !names.isEmpty { words.append("without " + names.joined(separator: ", ")) }
        switch (lacks(.developer), lacks(.system)) {
        case (true, true): words.append("the system prompt goes into the question")
        case (true, false): words.append("the role developer becomes system")
        case (false, true): words.append("the role system becomes developer")
        case (false, false): break
        }
        return words.isEmpty ? "none" : words.joined(separator: ", ")
    }
}
