import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry

/// The delivery of a bot's updates to its webhook.
///
/// The updates of one chat go one after the other, each until it is confirmed; those of several
/// chats go at once.
@Loop final class FakeTelegramWebhook {
    let url: String
    let secret: String?
    private let client: any HTTPSending
    private let surroundings: Surroundings
    private let tasks = TaskPool()
    private var lines: [Int: [(id: Int, json: [UInt8])]] = [:]
    private var busy: Set<Int> = []
    /// The words of the last failure.
    private(set) var lastError: (words: String, at: Int64)?

    /// The longest pause before a delivery is repeated.
    private static nonisolated let longest = Duration.seconds(60)

    init(
        _ url: String,
        secret: String?,
        _ client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        (self.url, self.secret, self.client) = (url, secret, client)
        self.surroundings = surroundings
    }

    /// The updates that are not confirmed, in the order of their ids.
    var waiting: [(id: Int, json: [UInt8])] { lines.values.joined().sorted { $0.id < $1.id } }

    func add(_ id: Int, _ json: [UInt8], key: Int) {
        lines[key, default: []].append((id, json))
        guard busy.insert(key).inserted else { return }
        tasks.spawn { await self.deliver(key) }
    }

    func end() { tasks.cancelAll() }

    private func deliver(_ key: Int) async {
        defer { busy.remove(key) }
        var pause = Duration.zero
        while let update = lines[key]?.first, !Task.isCancelled {
            if let words = await post(update.json) {
                lastError = (words, surroundings.clock.timestamp.milliseconds / 1000)
                do { try await surroundings.clock.sleep(for: pause) } catch { return }
                pause = pause == .zero ? .seconds(2) : min(pause * 2, Self.longest)
            } else {
                lines[key]?.removeFirst()
                pause = .zero
            }
        }
        lines[key] = lines[key]?.isEmpty == true ? nil : lines[key]
    }

    /// Returns nil if the update was confirmed, otherwise the failure.
    private func post(_ json: [UInt8]) async -> String? {
        var request = HTTPClientRequest(
            url: url,
            headers: ["Content-Type": "application/json"],
            body: json,
            deadlines: HTTPClientDeadlines(firstByte: .seconds(60), stall: .seconds(60))
        )
        if let secret { request.headers["X-Telegram-Bot-Api-Secret-Token"] = secret }
        do {
            let response = try await client.send(request)
            _ = try await response.collect(atMost: .kibibytes(64))
            if 200...299 ~= response.status { return nil }
            return "Wrong response from the webhook: \(response.status)"
        } catch { return "\(error)" }
    }
}
