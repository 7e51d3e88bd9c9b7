import BerthStore

/// The work that updates bring, at a place.
struct TelegramJob: Sendable {
    /// The kinds of work.
    enum Work: Sendable {
        case event(TelegramEvent)
        /// A turn is asked again, or for the rest of its answer.
        case again(Turn.ID, isRest: Bool, by: TelegramUser, at: TelegramPlace)
        /// Messages were left out because too many waited.
        case tooMany(Int, for: TelegramUser, at: TelegramPlace)
    }

    /// The work.
    var work: Work
    /// The person who is told if it is left out, or nil if nobody is.
    var author: TelegramUser? {
        switch work {
        case .event(.message(let message)), .event(.edited(let message)),
            .event(.command(let message, name: _, arguments: _)):
            message.isForBot ? message.sender : nil
        case .again(_, isRest: _, by: let user, at: _): user
        default: nil
        }
    }
    /// The updates that are finished by it.
    var updates: [ChannelUpdate]
    /// The bytes of the updates.
    var bytes = 0
}
