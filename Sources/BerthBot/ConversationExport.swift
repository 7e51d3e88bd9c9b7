package import BerthLoop
import BerthMemory
package import BerthStore
import BerthText
package import BerthWork

/// Writes whole conversations of a tenant in pieces, so that a long one is never held in memory.
@Loop package struct ConversationExport {
    /// Takes the next bytes of the export.
    package typealias Write = @Loop ([UInt8]) async throws -> Void

    private let conversations: Conversations
    private let tenant: LiveTenant
    private let format: ExportFormat

    /// Makes an export of conversations of `tenant`.
    package init(_ conversations: Conversations, of tenant: LiveTenant, as format: ExportFormat) {
        self.conversations = conversations
        self.tenant = tenant
        self.format = format
    }

    /// Writes one conversation.
    package func write(_ session: Session, to write: Write) async throws {
        let info = SessionInfo(session)
        let own = try await texts.instructions(in: session).special
        switch format {
        case .markdown:
            let title = info.title.isEmpty ? words(.exportUntitled) : info.title
            try await write(Array("# \(HarmlessText.line(title))".utf8))
            if !own.isEmpty {
                try await write(Array("\n\n## \(words(.instructionsForThis))\n\n\(own)".utf8))
            }
            try await each(session) { turn, _ in try await write(Array(markdown(turn).utf8)) }
            try await write(Array("\n".utf8))
        case .json:
            // The object stays open for the list of turns.
            try await write(try JSON.encode(info).dropLast() + ConversationExport.member(own))
            try await write(Array(#","turns":["#.utf8))
            try await each(session) { turn, isFirst in
                let (comma, language) = (isFirst ? "\n" : ",\n", tenant.language)
                let json = try await LargeWork.run(on: size(of: turn)) {
                    try JSON.encode(TurnInfo(turn, in: language))
                }
                try await write(Array(comma.utf8) + json)
            }
            try await write(Array("]}\n".utf8))
        }
    }

    /// Writes all conversations on a channel, the archived ones too.
    ///
    /// One that is deleted meanwhile is left out.
    package func writeAll(on channel: ChannelName, to write: Write) async throws {
        let ids = try await conversations.ids(of: tenant, on: channel)
        var isFirst = true
        if format == .json { try await write(Array(#"{"conversations":["#.utf8)) }
        for id in ids {
            guard let session = try? await conversations.find(id, of: tenant) else { continue }
            if !isFirst { try await write(Array((format == .json ? "," : "\n").utf8)) }
            isFirst = false
            try await self.write(session, to: write)
        }
        try await writeOwnTexts(to: write)
    }

    private var texts: OwnTexts { OwnTexts(conversations) }

    /// Writes the person's instructions and prompts behind the conversations.
    private func writeOwnTexts(to write: Write) async throws {
        let lease: MemoryLease
        do { lease = try tenant.account.lease(OwnTexts.listSize, for: .replyBuffer) } catch {
            throw BotError.memory(error)
        }
        let all = try await texts.list(of: tenant)
        let (own, prompts) = (all.first { $0.name.isEmpty }, all.filter { !$0.name.isEmpty })
        switch format {
        case .json:
            let size = all.reduce(0) { $0 + $1.name.utf8.count + $1.text.utf8.count }
            let json = await LargeWork.run(on: size) {
                var json = Array("]".utf8) + ConversationExport.member(own?.text ?? "")
                json += #","prompts":{"#.utf8
                for (index, prompt) in prompts.enumerated() {
                    json += (index == 0 ? "" : ",").utf8
                    json += JSON.quote(prompt.name) + Array(":".utf8) + JSON.quote(prompt.text)
                }
                return json + Array("}}\n".utf8)
            }
            try await write(json)
        case .markdown:
            let named = prompts.map { ("/\($0.name)", $0.text) }
            let parts =
                [own.map { (words(.instructionsForAll), $0.text) }].compactMap { $0 } + named
            for (name, text) in parts { try await write(Array("\n# \(name)\n\n\(text)\n".utf8)) }
        }
        _ = consume lease
    }

    /// Instructions as a member of a JSON object, or nothing without any.
    nonisolated private static func member(_ instructions: String) -> [UInt8] {
        instructions.isEmpty
            ? [] : Array(#","instructions":"#.utf8) + JSON.quote(instructions)
    }

    private func each(
        _ session: Session,
        _ body: @Loop (Turn, Bool) async throws -> Void
    ) async throws {
        var last: Turn.ID?
        while true {
            let turns = try await conversations.turns(of: session, after: last)
            guard let end = turns.last else { return }
            let bytes = turns.reduce(0) { $0 + size(of: $1) }
            // The usual page is leased by the caller.
            let extra = ByteCount(max(0, 2 * bytes - Conversations.usualPage.bytes))
            let lease: MemoryLease
            do { lease = try tenant.account.lease(extra, for: .replyBuffer) } catch {
                throw BotError.memory(error)
            }
            for turn in turns { try await body(turn, last == nil && turn.id == turns[0].id) }
            last = end.id
            _ = consume lease
        }
    }

    private func size(of turn: Turn) -> Int { turn.text.utf8.count + turn.answer.utf8.count }

    // MARK: Markdown

    private func markdown(_ turn: Turn) -> String {
        // It goes on within a line of the answer before it.
        if turn.isContinuation { return turn.answer }
        let inputs = turn.inputs.filter { !$0.isDeleted }.map { "\n![](/files/\($0.file))\n" }
        return "\n\n## \(words(.exportAsked))\n" + inputs.joined()
            + (turn.text.isEmpty ? "" : "\n\(turn.text)\n")
            + (TextInfo(turn.wholeText)?.url.map { "\n<\($0)>\n" } ?? "")
            + "\n## \(words(.exportAnswer))" + (turn.answer.isEmpty ? "" : "\n\n\(turn.answer)")
    }

    private func words(_ key: PlainKey) -> String { Phrase(key).text(in: tenant.language) }
}
