/// The kind of a cached value.
///
/// Its name is part of the key in Redis.
package enum CacheKind: UInt8, CaseIterable, Sendable {
    /// An answer to a chat.
    case answer = 1
    /// A translated text.
    case translation = 2
    /// The image of a prompt.
    case imagePrompt = 3
    /// The model list of a provider.
    case modelList = 4
    /// The embeddings of texts.
    case embedding = 5

    /// The name in keys and statistics.
    package var name: String {
        switch self {
        case .answer: "answer"
        case .translation: "translation"
        case .imagePrompt: "imagePrompt"
        case .modelList: "modelList"
        case .embedding: "embedding"
        }
    }

    /// Whether a repeated request is expected to give other words for the same content.
    ///
    /// A difference then says nothing about the value's lifetime.
    var isSampled: Bool { self != .modelList }
}
