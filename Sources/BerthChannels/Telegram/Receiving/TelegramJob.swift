import BerthStore

/// The work that updates bring, at a place.
struct TelegramJob: Sendable {
    /// The kinds of work.
    enum Work: Sendable {
        case event(TelegramEvent)
        /// A turn is asked again.
        case again(Turn.ID, by: TelegramUser, at: TelegramPlace)
        /// Messages were left out because too many waited.
        case tooMany(Int, for: TelegramUser)
    }

    /// The work.
    var work: Work
    /// The updates that are finished by it.
    var updates: [ChannelUpdate]
    /// The bytes of the updates.
    var bytes = 0
}
