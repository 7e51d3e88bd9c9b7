package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// The models of the configuration that transcribe recordings.
@Loop package final class SpeechCatalog {
    /// The models in the configuration's order; none if recordings are not transcribed.
    package let choices: [SpeechChoice]

    /// Makes the providers and lists their models.
    package init(
        _ configuration: Configuration,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        var providers: [String: OpenAISpeech] = [:]
        for settings in configuration.providers where settings.kind == .openai {
            providers[settings.name] = OpenAISpeech(settings, client: client, in: surroundings)
        }
        choices = configuration.speechModels.compactMap { settings in
            providers[settings.provider].map {
                SpeechChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
    }
}
