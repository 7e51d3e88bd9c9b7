import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthWork

/// The models that may answer a message and the pictures that they see, with the memory of these.
@Loop final class Sight {
    /// The models to try, in order.
    var models: [ModelChoice]
    /// The pictures of the new message, as its turn keeps them.
    var inputs: [TurnPicture] = []
    /// The pictures of the prompt.
    var pictures = PromptPictures()
    private var lease: MemoryLease

    /// Makes it without pictures.
    init(_ models: [ModelChoice], of payer: LiveTenant) {
        self.models = models
        lease = payer.account.nothing(for: .sessionWindow)
    }

    isolated deinit {}

    /// Leases `count` bytes for the pictures.
    ///
    /// - Throws: `BudgetError`.
    func pay(_ count: ByteCount) throws(BudgetError) { try lease.grow(to: count, step: .zero) }

    /// Gives back all but `count` bytes.
    func shrink(to count: ByteCount) { lease.shrink(to: count) }

    /// Moves the memory of the pictures to the prompt's lease.
    func give(to prompt: inout MemoryLease) {
        prompt.join(lease.split(lease.count, for: .sessionWindow))
        pictures.parts = []
    }
}
