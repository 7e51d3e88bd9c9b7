import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import Testing

@testable import BerthConfig

@Suite(.loop) struct PictureCatalogTests {
    /// A demo of pictures.
    @Loop final class Demo: PictureProvider {
        nonisolated let name = "demo"

        nonisolated init() {}

        func order(
            _ call: PictureCall,
            into receiver: any PictureReceiver
        ) async throws(ProviderError) -> PictureOrder { .made(PictureBill(pictures: 0)) }

        func result(
            of job: PictureJob,
            memory: PrepaidMemory,
            into receiver: any PictureReceiver,
            telling tell: @Loop (PictureProgress) -> Void
        ) async throws(ProviderError) -> PictureBill { PictureBill(pictures: 0) }

        func cancel(_ job: PictureJob) async {}
    }

    @Loop private func catalog(
        chat: Bool,
        _ models: [Configuration.ImageModel]
    ) throws -> PictureCatalog {
        var configuration = Configuration(
            memory: MemoryCeiling(limit: .mebibytes(128), source: "a test's machine")
        )
        let (asker, url) = (Asker(), "http://127.0.0.1:1")
        var (fal, open) = (try asker.settings(url, .fal), try asker.settings(url, .openai))
        (fal.name, open.name) = ("f", "o")
        configuration.providers = [fal, open]
        if chat { configuration.chatModels = [.init(provider: "o", model: "m")] }
        configuration.imageModels = models
        return PictureCatalog(configuration, demo: Demo(), client: asker.client, in: .quiet())
    }

    @Loop @Test func `models are found by their names, with their prices`() throws {
        let catalog = try catalog(
            chat: true,
            [
                .init(provider: "f", model: "a/b", price: Money(micros: 3000), prompt: .english),
                .init(provider: "o", model: "gpt-image-1"),
            ]
        )
        let names = catalog.names
        let (first, second) = (catalog.choices.first, catalog.choices.last)
        #expect(names == ["berth", "f/a/b", "o/gpt-image-1"])
        #expect(first?.micros == 3000)
        #expect(first?.promptLanguage == .english)
        #expect(second?.micros == 500_000)
        let found = ["berth", "a/b", "gpt-image-1", "o/gpt-image-1", "x", "demo/picture"].map {
            catalog.candidates($0).count
        }
        #expect(found == [2, 1, 1, 1, 0, 0])
        let keepers = ["f", "o", "demo", "x"].map { catalog.provider(named: $0) != nil }
        #expect(keepers == [true, true, true, false])
    }

    @Loop @Test(arguments: [true, false])
    func `the demo makes pictures if nothing else is configured`(chat: Bool) throws {
        let names = try catalog(chat: chat, []).names
        #expect(names == (chat ? [] : ["berth", "demo/picture"]))
    }
}
