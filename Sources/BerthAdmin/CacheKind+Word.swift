import BerthCache

extension CacheKind {
    /// The kind's name in reports.
    var word: String {
        switch self {
        case .answer: "answer"
        case .translation: "translation"
        case .imagePrompt: "image_prompt"
        case .modelList: "model_list"
        case .embedding: "embedding"
        }
    }
}
