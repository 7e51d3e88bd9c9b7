import BerthHTTP
import BerthLoop
import BerthTelemetry

/// Fetches files of messages from Telegram.
@Loop struct TelegramFetch {
    private let client: TelegramClient
    private let surroundings: Surroundings

    /// The pauses before the further attempts to ask for a file.
    private static nonisolated let pauses: [Duration] = [.seconds(1), .seconds(4)]

    init(_ client: TelegramClient, in surroundings: Surroundings) {
        (self.client, self.surroundings) = (client, surroundings)
    }

    /// Begins to fetch a file, again after a failure that may pass.
    ///
    /// - Throws: ``TelegramFailure``.
    func begin(_ media: TelegramMedia) async throws(TelegramFailure) -> HTTPClientResponse {
        guard !media.isTooLarge else { throw .tooLarge("") }
        for pause in Self.pauses {
            do throws(TelegramFailure) { return try await once(media) } catch {
                guard let wait = Self.wait(after: error, pause) else { throw error }
                do { try await surroundings.clock.sleep(for: wait) } catch { throw .cancelled }
            }
        }
        return try await once(media)
    }

    private func once(_ media: TelegramMedia) async throws(TelegramFailure) -> HTTPClientResponse {
        try await client.download(try await client.path(of: media.id))
    }

    /// The time to wait before the next attempt, or nil if there is none.
    private static func wait(after failure: TelegramFailure, _ pause: Duration) -> Duration? {
        switch failure {
        case .notSent, .unknown: pause
        case .flood(let wait): wait <= .seconds(10) ? max(wait, pause) : nil
        default: nil
        }
    }

    /// Returns the beginning of a file, at most `most` bytes, and whether that is all of it.
    ///
    /// - Throws: ``TelegramFailure``.
    func beginning(
        of media: TelegramMedia,
        atMost most: Int
    ) async throws(TelegramFailure) -> (bytes: [UInt8], isWhole: Bool) {
        let response = try await begin(media)
        var bytes: [UInt8] = []
        do {
            while let piece = try await response.next() {
                bytes += piece
                guard bytes.count <= most else {
                    response.cancel()
                    return (Array(bytes.prefix(most)), false)
                }
            }
        } catch { throw TelegramFailure(error) }
        return (bytes, true)
    }
}
