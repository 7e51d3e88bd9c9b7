import BerthCache
import BerthStore
import BerthText

/// The title and the summary that are due after a turn.
struct OutlineCue: Sendable {
    /// The conversation, which belongs to a tenant.
    let session: Session
    /// The beginning of its first message and answer, or nil if no title is due.
    ///
    /// The answer is nil if it is the turn's own.
    private(set) var beginning: (message: String, answer: String?)?
    /// The title that a new one replaces.
    private(set) var replaced = ""
    /// The bytes of exchanges that prompts have room for, or nil if no summary is due.
    let room: Int?

    /// The most bytes of a message or answer that a title is made of.
    static let mostOfText = 2_000

    /// Finds what is due after a message, or returns nil if nothing is.
    ///
    /// A title is due after the first answer, and again after the second if the process has ended
    /// in between. A person's own title stays. Only the web page shows titles.
    init?(after message: Message, _ window: SessionWindow, _ prompt: Prompt) {
        session = window.session
        room = prompt.crowdedRoom
        guard !session.isGroup, prompt.kind == .answer else { return nil }
        let first = window.exchanges.last
        let title = (first?.text ?? message.text).title
        if session.place.channel == .web, window.exchanges.count <= 1, window.leftOut == nil,
            session.title.isEmpty || session.title == title
        {
            let text = (first?.text ?? message.text).cut(toBytes: Self.mostOfText)
            beginning = (text, first?.answer.cut(toBytes: Self.mostOfText))
            replaced = title
        }
        guard beginning != nil || room != nil else { return nil }
    }
}

extension LiveTurn {
    /// Notes how much of the conversation a turn's prompt has, and what is due after the answer.
    func note(_ prompt: Prompt, after message: Message, _ window: SessionWindow) {
        (leftOut, isSummarized) = (prompt.leftOut, prompt.isSummarized)
        beginsToForget = prompt.changesMemory(after: window)
        cue = OutlineCue(after: message, window, prompt)
    }
}
