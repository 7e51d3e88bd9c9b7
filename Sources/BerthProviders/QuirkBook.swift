package import BerthConfig
package import BerthLoop

/// The quirks that Berth has learnt, by provider and model.
///
/// A quirk is learnt from a request that was answered after Berth had changed it, so no refusal alone
/// adds one.
@Loop package final class QuirkBook {
    /// The quirks of a model.
    package struct Entry: Codable, Equatable, Sendable {
        /// The provider's name in the configuration.
        package let provider: String
        /// The provider's name for the model.
        package let model: String
        /// The base URL and the configured quirks with which they were learnt.
        package let server: String
        /// The time at which the last one was learnt.
        package let since: Timestamp
        /// The quirks, except those of the configuration.
        package let quirks: Quirks

        /// Makes an entry.
        package init(
            provider: String,
            model: String,
            server: String,
            since: Timestamp,
            quirks: Quirks
        ) {
            self.provider = provider
            self.model = model
            self.server = server
            self.since = since
            self.quirks = quirks
        }
    }

    /// The most models whose quirks are remembered.
    package static nonisolated let most = 256
    /// The time after which quirks are forgotten, so that a server that has changed is asked anew.
    package static nonisolated let lifetime = Duration.seconds(30 * 86_400)

    /// The entries, the oldest first.
    package private(set) var entries: [Entry] = []
    /// Called after each change.
    package var onChange: @Loop () -> Void = {}

    /// Makes an empty book.
    package nonisolated init() {}

    /// Takes the entries of an earlier run, except those of models that have learnt already.
    package func load(_ stored: [Entry]) {
        let old = stored.filter { old in !entries.contains { $0.isOf(old.provider, old.model) } }
        entries = QuirkBook.newest(of: old + entries)
    }

    /// The quirks that were learnt of a model at `server`.
    func quirks(of provider: String, _ model: String, at server: String, now: Timestamp) -> Quirks {
        let entry = entries.first { $0.isOf(provider, model) }
        guard let entry, entry.isInForce(at: server, now: now) else { return Quirks() }
        return entry.quirks
    }

    /// Notes what was learnt of a model, in place of what was known.
    package func learn(_ entry: Entry) {
        entries.removeAll { $0.isOf(entry.provider, entry.model) }
        entries = QuirkBook.newest(of: entries + [entry])
        onChange()
    }

    private static nonisolated func newest(of entries: [Entry]) -> [Entry] {
        Array(entries.dropFirst(max(0, entries.count - most)))
    }

    /// The identity of a provider's server: what is learnt of it holds for no other.
    package static nonisolated func server(_ provider: Configuration.Provider) -> String {
        "\(provider.baseURL) (\(provider.quirks))"
    }
}

extension QuirkBook.Entry {
    fileprivate func isOf(_ provider: String, _ model: String) -> Bool {
        self.provider == provider && self.model == model
    }

    /// Whether the quirks still hold: for the server as it is configured, and for a limited time.
    package func isInForce(at server: String, now: Timestamp) -> Bool {
        self.server == server && now - since < QuirkBook.lifetime
    }
}
