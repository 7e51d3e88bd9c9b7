package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// The models of pictures of the configuration.
///
/// Requests cannot name any other.
@Loop package final class PictureCatalog {
    /// The demo's name of its model.
    package static nonisolated let demoModel = "picture"

    /// The models in the configuration's order; none if there are no pictures.
    package let choices: [PictureChoice]
    /// The routes of the providers' reports, which they sign.
    package private(set) var routes: [Route] = []
    /// The providers by their names, also those without a listed model.
    private let providers: [String: any PictureProvider]

    /// Makes the providers and lists their models.
    ///
    /// Without a model of pictures, and without a chat model, the list has only the demo.
    ///
    /// - Parameters:
    ///   - configuration: the configuration.
    ///   - demo: the provider that answers without any; nil if there is none.
    ///   - client: sends the requests.
    ///   - surroundings: the clock, the log and the entropy.
    package init(
        _ configuration: Configuration,
        demo: (any PictureProvider)?,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        var providers: [String: any PictureProvider] = [:]
        for settings in configuration.providers {
            switch settings.kind {
            case .openai:
                providers[settings.name] = OpenAIPictures(
                    settings,
                    client: client,
                    in: surroundings
                )
            case .fal:
                let fal = FalProvider(
                    settings,
                    url: configuration.hasOwnURL ? configuration.url : nil,
                    client: client,
                    in: surroundings
                )
                providers[settings.name] = fal
                routes += [fal.hooks?.route].compactMap(\.self)
            case .anthropic: break  // a provider of chats
            }
        }
        let listed = configuration.imageModels.compactMap { settings in
            providers[settings.provider].map {
                PictureChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
        let usesDemo = listed.isEmpty && configuration.usesDemo
        choices = usesDemo ? demo.map { [PictureChoice(demo: $0)] } ?? [] : listed
        if let demo { providers[demo.name] = demo }
        self.providers = providers
    }

    /// Finds a model by `berth`, `provider/model` or a bare model name; nil if there is none.
    package func find(_ name: String) -> PictureChoice? {
        guard name.utf8.count <= ModelCatalog.longestName else { return nil }
        if name == ModelCatalog.anyModel { return choices.first }
        return choices.first { $0.id == name } ?? choices.first { $0.model == name }
    }

    /// Returns the models to try for `name`, in order.
    ///
    /// These are all models for `berth`, otherwise the one of that name.
    ///
    /// - Returns: an empty list if there is no model of that name.
    package func candidates(_ name: String) -> [PictureChoice] {
        guard let found = find(name) else { return [] }
        return name == ModelCatalog.anyModel ? choices : [found]
    }

    /// All names that a request may use, `berth` first; none if there are no pictures.
    package var names: [String] {
        choices.isEmpty ? [] : [ModelCatalog.anyModel] + choices.map(\.id)
    }

    /// Finds the provider that keeps a job, by its name; nil if it is no longer configured.
    package func provider(named name: String) -> (any PictureProvider)? {
        providers[name]
    }
}
