import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthConfig

@Suite(.loop, .timeLimit(.minutes(20))) struct ModelCatalogTests {
    private static var configuration: Configuration {
        get throws {
            var configuration = Configuration(memory: .unbounded)
            let url = try #require(WebURL("http://127.0.0.1:9/v1"))
            configuration.providers = [
                .init(name: "a", kind: .openai, baseURL: url),
                .init(name: "b", kind: .openai, baseURL: url),
                .init(name: "c", kind: .anthropic, baseURL: url),
                .init(name: "d", kind: .fal, baseURL: url),
            ]
            configuration.chatModels = [
                .init(
                    provider: "a",
                    model: "m1",
                    price: .init(input: Money(micros: 400_000), output: Money(micros: 1_600_000)),
                    context: 1000,
                    output: 100
                ),
                .init(provider: "c", model: "claude"), .init(provider: "d", model: "flux"),
                .init(provider: "b", model: "m1"),
                .init(provider: "b", model: "org/m2"),
            ]
            return configuration
        }
    }

    @Loop private func catalog(_ configuration: Configuration) -> ModelCatalog {
        let clock = ManualClock()
        return ModelCatalog(
            configuration,
            client: HTTPClient(in: .quiet(clock)),
            in: .quiet(clock)
        )
    }

    @Loop
    @Test(arguments: [
        ("berth", "a/m1"), ("a/m1", "a/m1"), ("b/m1", "b/m1"), ("m1", "a/m1"),
        ("org/m2", "b/org/m2"),
        ("b/org/m2", "b/org/m2"), ("claude", "c/claude"), ("c/claude", "c/claude"), ("d/flux", nil),
        ("", nil), ("a", nil),
        ("A/m1", nil),
        ("m1 ", nil), ("demo", nil), ("a/", nil),
    ])
    func `a model is found by its names alone`(name: String, id: String?) throws {
        let catalog = catalog(try ModelCatalogTests.configuration)
        let found = catalog.find(name)?.id
        #expect(found == id)
    }

    @Loop @Test func `every name can be found, berth first`() throws {
        let catalog = catalog(try ModelCatalogTests.configuration)
        let (names, found) = (catalog.names, catalog.names.map { catalog.find($0) != nil })
        #expect(names == ["berth", "a/m1", "c/claude", "b/m1", "b/org/m2"])
        #expect(found == [true, true, true, true, true])
    }

    @Loop @Test func `a model has its price, or the ceiling's`() throws {
        let choices = catalog(try ModelCatalogTests.configuration).choices
        let (prices, first) = (choices.map(\.price), choices[0])
        #expect(
            prices == [
                Price(input: 400_000, output: 1_600_000),
                Price(input: 20_000_000, output: 80_000_000),
                Price(input: 20_000_000, output: 80_000_000),
                Price(input: 20_000_000, output: 80_000_000),
            ]
        )
        #expect(prices[0].cachedInput == 200_000 && prices[1].cacheWriteHour == 40_000_000)
        #expect(first.context == 1000)
        #expect(first.output == 100)
        #expect(first.provider.name == "a")
    }

    @Loop @Test func `without a provider the demo stands alone, and is free`() {
        let catalog = catalog(Configuration(memory: .unbounded))
        let (names, price) = (catalog.names, catalog.choices[0].price)
        #expect(names == ["berth", "demo/demo"])
        #expect(price == Price(input: 0, output: 0))
        let found = catalog.find("demo")?.id
        #expect(found == "demo/demo")
    }
}
