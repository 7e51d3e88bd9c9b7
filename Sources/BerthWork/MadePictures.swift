package import BerthLoop
package import BerthStore

/// The pictures that one order has made, and its settlement.
///
/// The settlement is written when it is taken by nobody and this object goes.
@Loop package final class MadePictures: Sendable {
    /// At least one.
    package let pictures: [MadePicture]
    /// The model that made them, as `provider/model`.
    package let model: String
    /// Whether they were made before.
    let isCached: Bool
    private var settled: Settled?

    init(_ pictures: [MadePicture], by model: String, _ settled: consuming Settled) {
        self.pictures = pictures
        self.model = model
        self.settled = consume settled
        isCached = false
    }

    /// Makes pictures that this order does not settle, because it shares another one's call or they
    /// were made before.
    init(_ pictures: [MadePicture], by model: String, isCached: Bool) {
        (self.pictures, self.model, self.isCached) = (pictures, model, isCached)
    }

    /// Hands the settlements to a caller that writes them with the end of a turn.
    package func takeSettlements() -> [Settlement] {
        guard let settled = settled.take() else { return [] }
        return settled.pass()
    }

    isolated deinit {}
}
