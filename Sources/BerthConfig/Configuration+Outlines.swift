extension Configuration {
    /// The models that write titles and summaries of conversations at the cost of their owners.
    package struct Outlines: Equatable, Sendable {
        /// The model that writes a kind of text.
        package enum Writer: Equatable, Sendable {
            /// The cheapest listed model that is cheap, or none.
            case automatic
            /// No model.
            case none
            /// A listed model: `provider/model`, or a name alone.
            case model(String)
        }

        /// The model that writes titles.
        package var titles = Writer.automatic
        /// The model that writes summaries.
        package var summaries = Writer.automatic

        /// The highest price in dollars per million tokens at which a model is cheap.
        ///
        /// A price of zero is that of a server that people wait for, so such a model must be named.
        package static let cheap = ChatModel.Price(
            input: Money(micros: 500_000),
            output: Money(micros: 2_000_000)
        )

        /// Makes the defaults.
        package init() {}
    }

    /// The listed model of a writer as `provider/model`; nil if there is none.
    package func model(of writer: Outlines.Writer) -> String? {
        let found =
            switch writer {
            case .none: ChatModel?.none
            case .model(let name): chatModels.first { $0.isNamed(name) }
            case .automatic:
                chatModels.filter(\.isCheap).min {
                    ($0.price?.input.micros ?? 0, $0.price?.output.micros ?? 0)
                        < ($1.price?.input.micros ?? 0, $1.price?.output.micros ?? 0)
                }
            }
        return found.map { "\($0.provider)/\($0.model)" }
    }
}

extension Configuration.ChatModel {
    fileprivate func isNamed(_ name: String) -> Bool {
        model == name || "\(provider)/\(model)" == name
    }

    fileprivate var isCheap: Bool {
        guard let price else { return false }
        let most = Configuration.Outlines.cheap
        return price.input.micros > 0 && price.input.micros <= most.input.micros
            && price.output.micros <= most.output.micros
    }
}

extension Configuration.Outlines {
    init(reading section: Section, models: [Configuration.ChatModel]) {
        self.init()
        for (key, path) in [("titles", \Self.titles), ("summaries", \Self.summaries)] {
            section.read(key, into: &self[keyPath: path], .writer)
            guard case .model(let name) = self[keyPath: path] else { continue }
            guard !models.contains(where: { $0.isNamed(name) }) else { continue }
            let known = models.map { "\($0.provider)/\($0.model)" }
            section.report(
                key,
                "there is no chat model \(Quote.value(name)) under 'models': "
                    + Nearest.advice(for: name, in: known + ["auto", "none"])
            )
        }
    }
}

extension ValueFormat where Value == Configuration.Outlines.Writer {
    /// The model that writes titles or summaries.
    fileprivate static var writer: ValueFormat {
        ValueFormat(
            expected: "auto (the cheapest model with a price of up to 0.50 and 2.00), none, or a "
                + "model of models.chat",
            read: { text in
                switch text {
                case "auto": .automatic
                case "none": Value.none
                default: ValueFormat<String>.modelName.read(text).map { .model($0) }
                }
            },
            show: { writer in
                switch writer {
                case .automatic: .text("auto")
                case .none: .text("none")
                case .model(let name): .text(name)
                }
            }
        )
    }
}
