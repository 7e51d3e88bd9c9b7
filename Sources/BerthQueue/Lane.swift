/// What kind of work waits: people who read along go before pictures, pictures before housekeeping.
package enum Lane: String, CaseIterable, Sendable {
    /// Somebody waits for the answer's first word.
    case chat
    /// A picture: seconds to minutes, and somebody waits.
    case image
    /// Nobody waits: warming, retries of failed work, titles.
    case background
}

/// How lanes share a provider while all of them have work: by cost, in these proportions.
package struct LaneWeights: Sendable {
    private let chat: Int64
    private let image: Int64
    private let background: Int64

    /// Makes weights, each counted as 1 to 1,000; a lane alone takes everything.
    package init(chat: Int = 16, image: Int = 4, background: Int = 1) {
        self.chat = Int64(min(max(1, chat), 1_000))
        self.image = Int64(min(max(1, image), 1_000))
        self.background = Int64(min(max(1, background), 1_000))
    }

    /// The weight of `lane`.
    subscript(lane: Lane) -> Int64 {
        switch lane {
        case .chat: chat
        case .image: image
        case .background: background
        }
    }
}
