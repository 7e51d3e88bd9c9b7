/// The proportions in which lanes share a provider, measured in cost, while all have work.
package struct LaneWeights: Sendable {
    private let chat: Int64
    private let image: Int64
    private let background: Int64

    /// Makes weights, each clamped to 1…1,000.
    ///
    /// A lane that is alone gets all of the service.
    package init(chat: Int = 16, image: Int = 4, background: Int = 1) {
        self.chat = Int64(min(max(1, chat), 1_000))
        self.image = Int64(min(max(1, image), 1_000))
        self.background = Int64(min(max(1, background), 1_000))
    }

    /// Returns the weight of `lane`.
    subscript(lane: Lane) -> Int64 {
        switch lane {
        case .chat: chat
        case .image: image
        case .background: background
        }
    }
}
