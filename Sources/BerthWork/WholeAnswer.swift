package import BerthProviders
package import BerthText

/// A whole answer, from wherever it came.
package struct WholeAnswer: Sendable {
    /// The form in which Berth has it.
    package enum Body: Sendable {
        /// A text alone.
        ///
        /// The details are the `usage` object of a streamed answer, as JSON, or nil if its provider
        /// sent none.
        case text(String, details: [UInt8]?)
        /// A `chat.completion` and the text of its first choice.
        ///
        /// Its id and model are the provider's.
        case completion(JSONObject, text: String)
        /// A `chat.completion` from the cache.
        case kept(KeptCompletion)
    }

    /// The answer.
    package let body: Body
    /// The reason for which it ended, in OpenAI's words.
    package let finish: String
    /// The name of the model that gave it.
    package let model: String
    /// Its tokens.
    package let usage: TokenUsage
    /// Whether it comes from the cache.
    package var isCached = false
    /// Keeps the memory of it leased.
    package let retained: any AnyObject & Sendable

    /// The first choice's text.
    package var text: String {
        switch body {
        case .text(let text, _), .completion(_, let text): text
        case .kept(let kept): kept.text
        }
    }

    /// The bytes of the answer.
    package var size: Int {
        switch body {
        case .text(let text, _): text.utf8.count
        case .completion(let object, _): object.bytes.count
        case .kept(let kept): kept.json.count
        }
    }
}
