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
        let providers = configuration.openAIProviders {
            OpenAISpeech($0, client: client, in: surroundings)
        }
        choices = configuration.speechModels.compactMap { settings in
            providers[settings.provider].map {
                SpeechChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
    }
}

extension Configuration {
    /// The servers of the configuration that speak OpenAI's API, by their names.
    @Loop func openAIProviders<Made>(_ make: @Loop (Provider) -> Made) -> [String: Made] {
        let settings = providers.filter { $0.kind == .openai }
        return Dictionary(settings.map { ($0.name, make($0)) }) { first, _ in first }
    }
}
