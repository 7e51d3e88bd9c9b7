package import BerthLoop
import BerthMemory
package import BerthProviders
import BerthQueue
import BerthStore

/// A request for the transcript of a recording: the first phase of paid work.
///
/// Nothing is reserved for it yet. Its phases are those of ``Ask``.
package struct SpeechAsk: Sendable {
    /// The recording.
    package let sound: any SourcePicture
    /// Its length in seconds as its sender says; nil if it is unknown.
    package let seconds: Int?
    /// The models to try, in order, at least one.
    let models: [SpeechChoice]
    let payer: LiveTenant
    let memory: PrepaidMemory
    let requestID: String
    let since: Instant
    /// The transcript that it buys for an update, or nil if nothing keeps it.
    package var errand: Errand?
    let mark = RequestMark()
    /// The call in the operator's reach.
    private(set) var open: OpenCall?
    /// The memory of the queue entry.
    private let entry: LeaseHolder
    /// Keeps the payer's work open.
    private let work: MemoryWork

    /// The fewest bytes that a second of a recording is reckoned to have: 16 kbit/s, with which
    /// speech is still clear.
    private static let leastPerSecond = 2_000
    /// The most bytes that a second of compressed speech is reckoned to have: 256 kbit/s.
    private static let mostPerSecond = 32_000

    /// Makes a request, and leases the memory of its queue entry and its transfer.
    ///
    /// - Parameters:
    ///   - sound: the recording.
    ///   - seconds: its length as its sender says, or nil.
    ///   - models: the models to try, in order, at least one.
    ///   - payer: the tenant who pays.
    ///   - requestID: for the log.
    ///   - since: the time since which the caller waits.
    /// - Throws: ``BotError/memory(_:)``.
    @Loop package init(
        _ sound: any SourcePicture,
        seconds: Int?,
        _ models: [SpeechChoice],
        _ payer: LiveTenant,
        requestID: String,
        since: Instant
    ) throws(BotError) {
        self.sound = sound
        self.seconds = seconds
        self.models = models
        self.payer = payer
        self.requestID = requestID
        self.since = since
        memory = PrepaidMemory(of: payer.account)
        entry = try memory.entry(listening: false)
        work = payer.account.begin()
    }

    /// This request with the call that the operator can end.
    func opened(as call: OpenCall?) -> SpeechAsk {
        var ask = self
        ask.open = call
        return ask
    }

    /// The longest time in seconds that the recording may have.
    var mostSeconds: Double { Double(max(seconds ?? 0, sound.bytes / Self.leastPerSecond)) }

    /// The time in seconds that is charged.
    ///
    /// A sender's word is believed unless the file is too large for it, and a provider's unless the
    /// file is too small for it.
    ///
    /// - Parameter counted: the provider's count, or nil if it has none.
    /// - Returns: the seconds, 0 or more.
    func charged(_ counted: Double?) -> Double {
        if let counted { return min(counted, max(60, mostSeconds)) }
        return seconds.map { Double(max($0, sound.bytes / Self.mostPerSecond)) } ?? mostSeconds
    }
}

extension SpeechAsk: PaidAsk {
    static var mayBuyTwice: Bool { true }
    var turn: Turn.ID? { nil }
    var key: IdempotencyKey? { nil }
    var listener: PlaceListener? { nil }

    func worstCase(_ model: SpeechChoice) -> Amounts {
        Amounts((.requests, 1), (.micros, model.cost(ofSeconds: mostSeconds)))
    }

    static func paid(_ model: SpeechChoice) -> PaidModel { PaidModel(model) }
}
