package import BerthMemory
import BerthText

/// The configuration of a service under simulation.
///
/// All limits except memory are generous, so that no quota is measured.
package struct SimulationSettings: Sendable {
    /// The number of users.
    package let users: Int
    /// The URL of the fake provider.
    package let upstream: String
    /// The URL of the fake provider of pictures, or nil for none.
    package var painter: String?
    /// The URL of the fake Telegram, or nil for no bot.
    package var telegram: String?
    /// The folder of the service's data, or nil for the default.
    package var data: String?
    /// `memory.limit`, or nil for the default.
    package var limit: ByteCount?
    /// `cache.memory`, or nil for the default.
    package var cache: ByteCount?
    /// The context window of the model in tokens, or nil for the default.
    package var context: Int?

    /// Makes the settings of a service that asks one fake provider.
    ///
    /// - Parameters:
    ///   - users: the number of users at all interfaces.
    ///   - upstream: the URL of the fake provider.
    package init(users: Int, upstream: String) {
        self.users = users
        self.upstream = upstream
    }

    /// The id of the bot.
    package static let bot = 42

    /// The configuration file.
    package var text: String {
        let quoted = { (text: String) in String(decoding: JSON.quote(text), as: UTF8.self) }
        let size = { (key: String, size: ByteCount?) in
            size.map { "\(key): \($0.bytes)B" } ?? ""
        }
        let bot =
            telegram.map {
                "access: open\ntelegram: { token: '\(Self.bot):fake', name: sim, "
                    + "api_base: \(quoted($0)) }"
            } ?? ""
        let pictures = (
            provider: painter.map {
                "- { name: fal, kind: fal, base_url: \(quoted($0)), api_key: fake, "
                    + "concurrency: 100 }"
            } ?? "",
            model: painter == nil
                ? "" : "image: [{ provider: fal, model: fal-ai/flux, price: { image: 0.003 } }]"
        )
        return """
            listen: 127.0.0.1:0
            \(data.map { "data: \(quoted($0))" } ?? "")
            memory: { \(size("limit", limit)) }
            cache: { \(size("memory", cache)) }
            files: { ballast: 0B }
            \(bot)
            limits: { tenants: \(max(50, users)), connections: \(1200 + users) }
            quotas:
              requests_per_day: 1000000
              tokens_per_day: 1000000000
              spend_per_month: 1000
              images_per_day: 1000000
              disk: 16GiB
              files: 1000000
            providers:
              - { name: fake, kind: openai, base_url: \(quoted(upstream)), concurrency: 500 }
              \(pictures.provider)
            models:
              chat:
                - provider: fake
                  model: \(telegram == nil ? "fake" : FakeOpenAIBehavior.signed.rawValue)
                  output: 256
                  price: { input: 1, output: 2 }
                  \(context.map { "context: \($0)" } ?? "")
              \(pictures.model)

            """
    }
}
