import BerthConfig

/// A configured model and its provider.
package struct ModelChoice: Sendable {
    /// The unambiguous name, `provider/model`.
    package let id: String
    /// The provider.
    package let provider: any ChatProvider
    /// The provider's own name of the model.
    package let model: String
    /// The context window in tokens, prompt and answer together.
    package let context: Int
    /// The maximum number of output tokens that Berth requests.
    package let output: Int
    /// The price.
    ///
    /// The demo is free.
    package let price: Price
    /// Whether it sees pictures in messages.
    package let hasVision: Bool
    /// The members of requests that the operator permits although they change the cost, the model
    /// that answers, or the place where the request goes.
    package let pass: [String]
}

extension ModelChoice {
    init(
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
            output: (settings.price?.output ?? ceiling.output).micros,
            cachedInput: settings.price?.cachedInput?.micros,
            cacheWrite: settings.price?.cacheWrite?.micros,
            cacheWriteHour: settings.price?.cacheWriteHour?.micros
        )
        hasVision = settings.vision
        pass = settings.pass
    }

    init(demo: DemoProvider) {
        provider = demo
        id = "demo/\(DemoProvider.model)"
        model = DemoProvider.model
        context = 32768
        output = 2048
        price = Price(input: 0, output: 0)
        hasVision = true
        pass = []
    }
}
