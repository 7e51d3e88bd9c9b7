package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// The models of the configuration that make embeddings.
@Loop package final class EmbeddingCatalog {
    /// The models in the configuration's order; empty if there are none.
    package let choices: [EmbeddingChoice]

    /// Makes the providers and lists their models.
    package init(
        _ configuration: Configuration,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        let providers = configuration.openAIProviders {
            OpenAIEmbeddings($0, client: client, in: surroundings)
        }
        choices = configuration.embeddingModels.compactMap { settings in
            providers[settings.provider].map {
                EmbeddingChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
    }

    /// All names that a request may use.
    package var names: [String] { choices.map(\.id) }

    /// Returns the models to try for `name`, in order: the one of `provider/model`, or all of a bare
    /// model name.
    ///
    /// No name stands for all models, because the vectors of two models cannot be compared.
    package func candidates(_ name: String) -> [EmbeddingChoice] {
        guard name.utf8.count <= ModelCatalog.longestName else { return [] }
        if let one = choices.first(where: { $0.id == name }) { return [one] }
        return choices.filter { $0.model == name }
    }
}

/// A configured model that makes embeddings, and its provider.
package struct EmbeddingChoice: Sendable {
    /// The unambiguous name, `provider/model`.
    package let id: String
    /// The provider.
    package let provider: OpenAIEmbeddings
    /// The provider's own name of the model.
    package let model: String
    /// The price, of input alone.
    package let price: Price
    /// The members of requests that the operator permits although they change the cost, the model
    /// that answers, or the place where the request goes.
    package let pass: [String]

    init(
        _ settings: Configuration.EmbeddingModel,
        provider: OpenAIEmbeddings,
        ceiling: Configuration.PriceCeiling
    ) {
        self.provider = provider
        id = "\(settings.provider)/\(settings.model)"
        model = settings.model
        price = Price(input: (settings.price ?? ceiling.input).micros, output: 0)
        pass = settings.pass
    }
}
