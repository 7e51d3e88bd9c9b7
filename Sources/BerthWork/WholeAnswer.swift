package import BerthProviders
package import BerthText

/// A whole answer, from wherever it came.
package struct WholeAnswer: Sendable {
    /// The first choice's text.
    package let text: String
    /// The reason for which it ended, in OpenAI's words.
    package let finish: String
    /// The name of the model that gave it.
    package let model: String
    /// Its tokens.
    package let usage: TokenUsage
    /// The `usage` object of a streamed answer, as JSON, or nil if its provider sent none.
    package let details: [UInt8]?
    /// Whether it comes from the cache.
    package var isCached = false
    /// The answer as a `chat.completion`, or nil where Berth has only the text.
    ///
    /// Its id and model are the provider's.
    package let object: JSONObject?
    /// Keeps the memory of it leased.
    package let retained: any AnyObject & Sendable
}
