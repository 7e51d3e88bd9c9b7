/// The form of exported conversations.
package enum ExportFormat: String, Sendable {
    /// Headings and the texts as they are.
    case markdown
    /// The history's own JSON.
    case json

    /// The media type.
    package var mediaType: String {
        switch self {
        case .markdown: "text/markdown; charset=utf-8"
        case .json: "application/json"
        }
    }

    /// The ending of a file's name.
    package var ending: String {
        switch self {
        case .markdown: "md"
        case .json: "json"
        }
    }
}
