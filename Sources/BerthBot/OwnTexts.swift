package import BerthLoop
package import BerthMemory
package import BerthStore
import BerthText
package import BerthWork

/// The instructions and prompts that people write for themselves.
///
/// Instructions are sent as system text with each message of their author. A prompt is a text that
/// its author sends as `/name`.
@Loop package final class OwnTexts {
    /// The longest instructions of a person, and the longest for one conversation.
    package static nonisolated let longestInstructions = ByteCount.kibibytes(8)
    /// The longest prompt.
    package static nonisolated let longestPrompt = ByteCount.kibibytes(4)
    /// The most prompts of a person.
    package static nonisolated let mostPrompts = 50
    /// The most bytes of a prompt's name.
    package static nonisolated let longestName = 32
    /// The most memory of a person's texts, as rows and as JSON.
    package static nonisolated let listSize = ByteCount(
        2 * (longestInstructions.bytes + mostPrompts * (longestPrompt.bytes + longestName))
    )

    private let conversations: Conversations

    init(_ conversations: Conversations) { self.conversations = conversations }

    private var store: any Store { conversations.store }

    /// The texts of a tenant, for which the caller leases ``listSize``.
    package func list(of tenant: LiveTenant) async throws(BotError) -> [OwnText] {
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.ownTexts(of: id)
        }
    }

    // MARK: Instructions

    /// The instructions of a conversation's owner, and those for the conversation.
    func instructions(in session: Session) async throws(BotError) -> OwnInstructions {
        try await withBotErrors { () async throws(StoreError) in
            try await store.instructions(in: session)
        }
    }

    /// The instructions for one conversation of a tenant, "" if there are none.
    package func instructions(
        in publicID: String,
        of tenant: LiveTenant
    ) async throws(BotError) -> String {
        try await instructions(in: conversations.find(publicID, of: tenant)).special
    }

    /// Writes the instructions of a person, or deletes them if `text` is blank.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)``.
    package func instruct(_ text: String, by tenant: LiveTenant) async throws(BotError) {
        let text = try OwnTexts.checked(text, OwnTexts.longestInstructions)
        _ = try await keep(OwnText(name: "", text: text), tenant)
    }

    /// Writes the instructions for one conversation of a tenant, or deletes them if `text` is blank.
    ///
    /// - Throws: ``BotError/textTooLong(_:limit:)``, ``BotError/noSession``.
    package func instruct(
        _ text: String,
        in publicID: String,
        by tenant: LiveTenant
    ) async throws(BotError) {
        let text = try OwnTexts.checked(text, OwnTexts.longestInstructions)
        let session = try await conversations.find(publicID, of: tenant).id
        try await withBotErrors { () async throws(StoreError) in
            try await store.instruct(session, text)
        }
    }

    // MARK: Prompts

    /// The text of a tenant's prompt, or nil if it has none of that name.
    func prompt(_ name: String, of tenant: LiveTenant) async throws(BotError) -> String? {
        guard let name = OwnTexts.name(name) else { return nil }
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.ownText(name, of: id)
        }
    }

    /// Writes a prompt in the place of the one with its name, or deletes that if `text` is blank.
    ///
    /// - Throws: ``BotError/promptName(_:)`` for a name with other characters than letters and `_`,
    ///   and for the name of a command, ``BotError/tooManyPrompts(limit:)``, and
    ///   ``BotError/textTooLong(_:limit:)``.
    package func keepPrompt(
        _ name: String,
        _ text: String,
        of tenant: LiveTenant
    ) async throws(BotError) {
        guard let plain = OwnTexts.name(name), case .unknown = Command("/\(plain)") else {
            throw .promptName(name.shortened(toBytes: OwnTexts.longestName))
        }
        let text = try OwnTexts.checked(text, OwnTexts.longestPrompt)
        guard try await keep(OwnText(name: plain, text: text), tenant) else {
            throw .tooManyPrompts(limit: OwnTexts.mostPrompts)
        }
    }

    private func keep(_ text: OwnText, _ tenant: LiveTenant) async throws(BotError) -> Bool {
        let id = tenant.row.id
        return try await withBotErrors { () async throws(StoreError) in
            try await store.keep(text, of: id, limit: OwnTexts.mostPrompts)
        }
    }

    /// The stored form of a prompt's name, or nil if it is none.
    private static func name(_ text: String) -> String? {
        guard text.utf8.count <= longestName, let (word, rest) = Command.split("/\(text)"),
            rest.isEmpty
        else { return nil }
        let name = word.lowercased()
        return name.utf8.count <= longestName ? name : nil
    }

    private static func checked(_ text: String, _ limit: ByteCount) throws(BotError) -> String {
        // White space around a text is bounded before it is looked for.
        let whole = ByteCount(text.utf8.count)
        guard whole.bytes <= 2 * limit.bytes else { throw .textTooLong(whole, limit: limit) }
        let text = text.trimmed
        let size = ByteCount(text.utf8.count)
        guard size <= limit else { throw .textTooLong(size, limit: limit) }
        return text
    }
}
