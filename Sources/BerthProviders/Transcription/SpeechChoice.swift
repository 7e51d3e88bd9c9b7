import BerthConfig

/// A configured model that transcribes recordings, and its provider.
package struct SpeechChoice: Sendable {
    /// The unambiguous name, `provider/model`.
    package let id: String
    /// The provider.
    package let provider: OpenAISpeech
    /// The provider's own name of the model.
    package let model: String
    /// The price of a minute in millionths of a dollar.
    package let micros: Int64

    init(
        _ settings: Configuration.SpeechModel,
        provider: OpenAISpeech,
        ceiling: Configuration.PriceCeiling
    ) {
        self.provider = provider
        id = "\(settings.provider)/\(settings.model)"
        model = settings.model
        micros = (settings.price ?? ceiling.minute).micros
    }

    /// The price of a recording in millionths of a dollar, rounded up.
    ///
    /// - Parameter seconds: the length, from 0 to ``mostSeconds``; a longer one counts as that.
    /// - Returns: the price, 0 or more.
    package func cost(ofSeconds seconds: Double) -> Int64 {
        guard seconds > 0 else { return 0 }
        let seconds = Int64(min(seconds, Self.mostSeconds).rounded(.up))
        let (cost, isTooMuch) = seconds.multipliedReportingOverflow(by: micros)
        return isTooMuch ? .max / 2 : cost / 60 + (cost % 60 > 0 ? 1 : 0)
    }

    /// The longest recording that is reckoned with, a day.
    package static let mostSeconds = 86_400.0
}
