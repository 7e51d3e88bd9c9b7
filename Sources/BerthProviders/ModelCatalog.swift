package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// The models of the configuration.
///
/// Requests cannot name any other.
@Loop package final class ModelCatalog {
    /// The name that stands for all of `models.chat`, in order.
    package static nonisolated let anyModel = "berth"

    /// The most bytes of a name that is looked up.
    ///
    /// Comparing strings normalizes them, which takes long for a name of megabytes.
    static nonisolated let longestName = 1024

    /// The models in the configuration's order, at least one.
    package let choices: [ModelChoice]

    /// Makes the providers and lists their models.
    ///
    /// Without any model, the list has only the demo. What the providers learn of their servers is
    /// kept in `quirks`.
    package init(
        _ configuration: Configuration,
        client: any HTTPSending,
        quirks: QuirkBook = QuirkBook(),
        in surroundings: Surroundings
    ) {
        var providers: [String: any ChatProvider] = [:]
        for settings in configuration.providers {
            switch settings.kind {
            case .openai:
                providers[settings.name] = OpenAIProvider(
                    settings,
                    client: client,
                    quirks: quirks,
                    in: surroundings
                )
            case .anthropic:
                providers[settings.name] = AnthropicProvider(
                    settings,
                    client: client,
                    quirks: quirks,
                    in: surroundings
                )
            case .fal: break  // a provider of images
            }
        }
        let listed = configuration.chatModels.compactMap { settings in
            providers[settings.provider].map {
                ModelChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
        choices = listed.isEmpty ? [ModelChoice(demo: DemoProvider(in: surroundings))] : listed
    }

    /// Finds a model by `berth`, `provider/model` or a bare model name; nil if there is none.
    package func find(_ name: String) -> ModelChoice? {
        guard name.utf8.count <= ModelCatalog.longestName else { return nil }
        if name == ModelCatalog.anyModel { return choices.first }
        return choices.first { $0.id == name } ?? choices.first { $0.model == name }
    }

    /// Returns the models to try for `name`, in order.
    ///
    /// These are all models for `berth`, otherwise the one of that name.
    ///
    /// - Returns: an empty list if there is no model of that name.
    package func candidates(_ name: String) -> [ModelChoice] {
        guard let found = find(name) else { return [] }
        return name == ModelCatalog.anyModel ? choices : [found]
    }

    /// All names that a request may use, `berth` first.
    package var names: [String] { [ModelCatalog.anyModel] + choices.map(\.id) }
}
