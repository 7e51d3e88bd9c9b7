import BerthStore

extension Turns {
    /// One message that becomes a turn.
    struct Message {
        let text: String
        /// Whether an answer that another caller was given before is not wanted.
        var isFresh = false
        /// The stored turn, if the message is written down already.
        ///
        /// An unfinished one continues. A finished one is answered again from the start.
        var accepted: Turn?
    }
}
