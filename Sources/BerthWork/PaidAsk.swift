import BerthLoop
import BerthProviders
import BerthQueue
import BerthStore

/// The parts of an ask that the pipeline needs, whatever is bought.
protocol PaidAsk: Sendable {
    /// A configured model.
    associatedtype Model: Sendable

    /// The models to try, in order.
    ///
    /// There is at least one.
    var models: [Model] { get }
    var payer: LiveTenant { get }
    var requestID: String { get }
    var since: Instant { get }
    var mark: RequestMark { get }
    var turn: Turn.ID? { get }
    var key: IdempotencyKey? { get }
    /// The text that is bought beside an answer, or nil.
    var errand: Errand? { get }
    /// The title or summary that is asked for, or nil.
    var outline: OutlineTarget? { get }
    var listener: PlaceListener? { get }
    var open: OpenCall? { get }
    /// Whether the next model may be asked although the last one may have charged for the call.
    static var mayBuyTwice: Bool { get }

    /// The most that `model` may cost.
    func worstCase(_ model: Model) -> Amounts
    /// A model as the pipeline knows it.
    static func paid(_ model: Model) -> PaidModel
}

extension PaidAsk {
    /// None.
    var errand: Errand? { nil }
    /// None.
    var outline: OutlineTarget? { nil }

    /// Whether a call that has failed is left open to the next start, which decides by the rules of a
    /// kill whether it is made again.
    ///
    /// Nothing besides a stop cancels a title or summary, except a reason in ``open``.
    @Loop func isLeft(after error: ProviderError) -> Bool {
        guard case .cancelled = error, open?.reason == nil else { return false }
        return outline != nil || errand?.isLeft() == true
    }
}

/// A model as the pipeline knows it, whatever it makes.
struct PaidModel: Sendable {
    /// The unambiguous name, `provider/model`.
    let id: String
    /// As the configuration names it.
    let provider: String
    /// As the provider knows it.
    let model: String
    /// The lane in which its calls wait.
    let lane: Lane
    /// The price of tokens.
    ///
    /// It is zero for a model of pictures.
    let price: Price
    /// The price of a picture in millionths of a dollar, or 0 for a model of text.
    let picture: Int64
    /// Whether its calls are charged by their tokens, so that one that ends early costs its prompt.
    let countsTokens: Bool

    init(_ model: ModelChoice, lane: Lane = .chat) {
        (id, provider, self.model) = (model.id, model.provider.name, model.model)
        (self.lane, price, picture, countsTokens) = (lane, model.price, 0, true)
    }

    init(_ model: SpeechChoice) {
        (id, provider, self.model) = (model.id, model.provider.name, model.model)
        (lane, price, picture, countsTokens) = (.chat, Price(input: 0, output: 0), 0, false)
    }

    init(_ model: EmbeddingChoice) {
        (id, provider, self.model) = (model.id, model.provider.name, model.model)
        (lane, price, picture, countsTokens) = (.chat, model.price, 0, true)
    }

    /// The model of a call that is no longer configured.
    init(of call: Call) {
        (id, provider, model) = ("\(call.provider)/\(call.model)", call.provider, call.model)
        let count = max(1, call.reserved[.images])
        (lane, price, countsTokens) = (.image, Price(input: 0, output: 0), false)
        picture = call.reserved[.micros] / count
    }

    init(_ model: PictureChoice) {
        (id, provider, self.model) = (model.id, model.provider.name, model.model)
        (lane, price) = (.image, Price(input: 0, output: 0))
        (picture, countsTokens) = (model.micros, false)
    }
}

extension Ask: PaidAsk {
    static var mayBuyTwice: Bool { true }

    static func paid(_ model: ModelChoice) -> PaidModel { PaidModel(model) }
}

extension PictureAsk: PaidAsk {
    static var mayBuyTwice: Bool { false }

    static func paid(_ model: PictureChoice) -> PaidModel { PaidModel(model) }
}
