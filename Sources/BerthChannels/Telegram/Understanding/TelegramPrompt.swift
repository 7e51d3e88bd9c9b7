import BerthMemory
import BerthProviders
import BerthText

/// The text of a turn that a message becomes.
///
/// The sender's own words come first, so that they are the conversation's title, and the things that
/// they are about follow.
struct TelegramPrompt {
    /// A document that was read.
    struct Document {
        var name: String
        var text: String
        /// Whether ``text`` is only the beginning.
        var isCut: Bool
    }

    /// The documents, in their order.
    var documents: [Document] = []
    /// The transcripts of recordings, in their order.
    var transcripts: [String] = []

    /// The bytes of all documents of a message that each model is given.
    static let mostDocuments = 48 * 1_024
    /// The most bytes of all documents of a message for a model with a larger window.
    static let mostLargeDocuments = 512 * 1_024
    /// The most bytes of all transcripts of a message.
    static let mostTranscripts = 24 * 1_024

    /// Whether there is something beside the message itself.
    var isEmpty: Bool { documents.isEmpty && transcripts.isEmpty }

    /// The most bytes of documents for a model: a third of its window, so that the conversation goes on
    /// with them.
    static func documents(for model: ModelChoice?) -> Int {
        let room = model.map { $0.context - $0.output } ?? 0
        return min(max(room, mostDocuments), mostLargeDocuments)
    }

    /// The text, or "" if the message has none and nothing came with it.
    func text(of message: TelegramMessage) -> String {
        var parts: [String] = []
        if let source = message.forwardedFrom {
            let name = Self.line(source)
            parts.append(name.isEmpty ? "[Forwarded message]" : "[Forwarded from \(name)]")
        }
        if !message.text.isEmpty { parts.append(message.text) }
        let isSpoken = message.text.isEmpty && transcripts.count == 1 && documents.isEmpty
        for transcript in transcripts {
            parts.append(isSpoken ? transcript : "[Recording]\n\(transcript)\n[End of recording]")
        }
        for document in documents {
            let end = document.isCut ? "[The rest of the file is left out]" : "[End of file]"
            parts.append("[File \(Self.line(document.name))]\n\(document.text)\n\(end)")
        }
        // A forwarded message without words is no question.
        let isQuestion = !message.text.isEmpty || !isEmpty
        guard isQuestion || !message.attachments.isEmpty else { return "" }
        if let context = message.context, !context.text.isEmpty {
            let name = context.name.map { Self.line($0) } ?? ""
            let source = context.isOwn ? "your own message" : name.isEmpty ? "a message" : name
            let words =
                context.isOwn && !context.isQuote
                ? context.text.shortened(toBytes: TelegramContext.mostOwnText) : context.text
            let lines = words.unicodeScalars.split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            let quoted = lines.map { "> " + String($0) }
            parts.append("[In reply to \(source)]\n" + quoted.joined(separator: "\n"))
        }
        if let kind = message.unread, isQuestion {
            parts.append("[A \(kind.replacing("_", with: " ")) that cannot be read]")
        }
        return parts.joined(separator: "\n\n")
    }

    /// A name in one line without brackets, so that it cannot end its own line.
    private static func line(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map {
                    $0.value < 0x20 || $0 == "[" || $0 == "]" || $0.isSpace
                        ? " " : $0
                }
            )
        )
    }
}
