import BerthBot
import BerthChannels
import BerthHTTP
import BerthLoop
import BerthStore
import BerthTestKit

/// A channel with an outbox, whose deliveries are decided by the test.
@Loop final class Messenger: Channel {
    nonisolated let name = ChannelName.telegram
    nonisolated let usesOutbox = true
    let routes: [Route] = []
    private let deliveries = Mailbox<Delivery>()
    /// Deliveries that have begun.
    private(set) var begun: [String] = []

    nonisolated init() {}

    /// A service with this channel.
    nonisolated var setup: Setup { setup(in: nil) }

    /// A service with this channel on the data of an earlier one.
    nonisolated func setup(in folder: TemporaryFolder?, seed: UInt64 = 1) -> Setup {
        let plan = ChannelPlan(name: name, replies: Sentences()) { _, _ in self }
        return Setup(channels: [plan], folder: folder, seed: seed)
    }

    func deliver(_ attempt: DeliveryAttempt) async throws(DeliveryError) -> String? {
        try await attempt.begins()
        let delivery = Delivery(attempt.part)
        begun.append(attempt.part.body)
        deliveries.put(delivery)
        return try await delivery.outcome()
    }

    /// The next delivery that begins.
    func next() async throws -> Delivery { try await deliveries.next("a delivery") }

    /// One part for each line of an answer, or the error's words.
    private struct Sentences: ReplyParts {
        func parts(
            of outcome: TurnOutcome,
            at place: Place,
            in language: Language
        ) -> [String] {
            if let error = outcome.error { return ["sorry: \(error)"] }
            return outcome.answer.split(separator: "\n").map(String.init)
        }
    }
}

/// One attempt to deliver a part.
@Loop final class Delivery {
    /// The part in question.
    let part: OutboxPart
    private let ended = Mailbox<Result<String?, DeliveryError>>()

    init(_ part: OutboxPart) { self.part = part }

    /// The content.
    var body: String { part.body }

    /// The messenger has taken it.
    func succeed(as message: String? = nil) { ended.put(.success(message)) }

    /// The messenger has not.
    func fail(_ error: DeliveryError) { ended.put(.failure(error)) }

    func outcome() async throws(DeliveryError) -> String? {
        let result: Result<String?, DeliveryError>
        do { result = try await ended.next() } catch { throw .stopping }
        return try result.get()
    }
}
