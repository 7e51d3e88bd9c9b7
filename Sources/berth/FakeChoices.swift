import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth fake`.
struct FakeChoices: Equatable {
    /// The API of the fake: the verb's second word.
    enum API: String {
        case openai
        case anthropic
        case fal
        case telegram
    }

    var api = API.openai
    var listen = HostPort(host: "127.0.0.1", port: 8090)
    /// The delay before the first token or picture, or the time in fal's queue.
    var delay = Duration.zero
    /// The delay between tokens, or the time of a tenth of a job's work.
    var gap = Duration.zero
    /// The number of tokens in an answer.
    var tokens = 20
    /// Whether Telegram's limits on calls hold.
    var hasFloods = true
}
