package import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthTelemetry

/// What a model costs.
package struct Price: Equatable, Sendable {
    /// Millionths of a dollar per million input tokens.
    package let input: Int64
    /// Millionths of a dollar per million output tokens.
    package let output: Int64

    /// Makes a price.
    package init(input: Int64, output: Int64) {
        self.input = input
        self.output = output
    }

    /// The cost of a call in millionths of a dollar, rounded up once; saturates.
    package func cost(input tokensIn: Int, output tokensOut: Int) -> Int64 {
        let first = input.multipliedReportingOverflow(by: Int64(tokensIn))
        let second = output.multipliedReportingOverflow(by: Int64(tokensOut))
        let sum = first.partialValue.addingReportingOverflow(second.partialValue)
        guard !first.overflow, !second.overflow, !sum.overflow else { return .max / 2 }
        let (whole, rest) = sum.partialValue.quotientAndRemainder(dividingBy: 1_000_000)
        return rest > 0 ? whole + 1 : whole
    }
}

/// A model that may be named, and who answers for it.
package struct ModelChoice: Sendable {
    /// How it is named without doubt: `provider/model`.
    package let id: String
    /// Who is asked.
    package let provider: any ChatProvider
    /// The provider's own name of it.
    package let model: String
    /// Tokens that the model takes in all, prompt and answer.
    package let context: Int
    /// The most output tokens that Berth asks it for.
    package let output: Int
    /// What it costs; the demo costs nothing.
    package let price: Price
}

/// The models that the configuration lists; no other can be named.
@Loop package final class ModelCatalog {
    /// The name that stands for `models.chat` in order.
    package static nonisolated let anyModel = "berth"

    /// In the configuration's order, at least one.
    package let choices: [ModelChoice]

    /// Makes the providers and lists their models; without any, the demo stands alone.
    package init(
        _ configuration: Configuration,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        var providers: [String: any ChatProvider] = [:]
        for settings in configuration.providers {
            switch settings.kind {
            case .openai:
                providers[settings.name] = OpenAIProvider(
                    settings,
                    client: client,
                    in: surroundings
                )
            case .anthropic:
                providers[settings.name] = AnthropicProvider(
                    settings,
                    client: client,
                    in: surroundings
                )
            case .fal: break  // it makes pictures
            }
        }
        let listed = configuration.chatModels.compactMap { settings in
            providers[settings.provider].map {
                ModelChoice(settings, provider: $0, ceiling: configuration.priceCeiling)
            }
        }
        choices = listed.isEmpty ? [ModelChoice(demo: DemoProvider(in: surroundings))] : listed
    }

    /// The model that a client means by `name`: `berth`, `provider/model`, or a bare model name.
    package func find(_ name: String) -> ModelChoice? {
        if name == ModelCatalog.anyModel { return choices.first }
        return choices.first { $0.id == name } ?? choices.first { $0.model == name }
    }

    /// The models to try for `name`, in order: all of them for `berth`, else the one that is meant.
    ///
    /// - Returns: none where there is no model of that name.
    package func candidates(_ name: String) -> [ModelChoice] {
        name == ModelCatalog.anyModel ? choices : find(name).map { [$0] } ?? []
    }

    /// Every name that may be given, `berth` first.
    package var names: [String] { [ModelCatalog.anyModel] + choices.map(\.id) }
}

extension ModelChoice {
    fileprivate init(
        _ settings: Configuration.ChatModel,
        provider: any ChatProvider,
        ceiling: Configuration.PriceCeiling
    ) {
        self.provider = provider
        id = "\(settings.provider)/\(settings.model)"
        model = settings.model
        context = settings.context
        output = settings.output
        price = Price(
            input: (settings.price?.input ?? ceiling.input).micros,
            output: (settings.price?.output ?? ceiling.output).micros
        )
    }

    fileprivate init(demo: DemoProvider) {
        provider = demo
        id = "demo/\(DemoProvider.model)"
        model = DemoProvider.model
        context = 32768
        output = 2048
        price = Price(input: 0, output: 0)
    }
}
