import BerthMemory
import BerthStore
import BerthText

/// A message on its way to a session.
struct Message: Sendable {
    /// The text, trimmed, or its beginning if there is ``wholeText``.
    var text: String
    /// The file with the whole text, or nil if ``text`` is all of it.
    var wholeText: TurnPicture?
    /// The whole text, or nil if ``text`` is all of it or the file is not read yet.
    var asked: String?
    /// The session's public name.
    let session: String
    /// Whether an answer that somebody was given before is not wanted.
    var isFresh: Bool
    /// The place where it was heard, or nil if the client knows only the session's name.
    var place: Place?
    /// The ids of the files that come with it, which are not checked yet.
    var files: [String] = []
    /// The pictures that a stored turn came with.
    var inputs: [TurnPicture] = []
    /// The updates that brought it, which are finished when it is accepted.
    var updates: [ChannelUpdate] = []
    /// The channel's id of the message, if the answer is to quote it.
    var heard: String?
    /// The turn of the session beside which it begins a branch, or nil if it follows the last one.
    var beside: Turn.ID?
    /// Whether its answer goes on where the last one was cut.
    var isContinuation = false
    /// The model that answers it alone, or nil for the session's.
    var model: String?
    /// The length of the whole text.
    var size: ByteCount { ByteCount(max(wholeText?.bytes ?? 0, text.utf8.count)) }
    /// Whether pictures come with it.
    var hasPictures: Bool { !files.isEmpty || !inputs.isEmpty }

    init(_ text: String, in session: String, isFresh: Bool = false) {
        self.text = text
        self.session = session
        self.isFresh = isFresh
    }

    /// The digest by which the store knows the question again, or nil if its answer may be given
    /// to its author twice, as that of a translation, or never is.
    var digest: Int64? {
        guard !isContinuation, Command.word(of: text) == nil else { return nil }
        return Secret256.hash(text).prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}
