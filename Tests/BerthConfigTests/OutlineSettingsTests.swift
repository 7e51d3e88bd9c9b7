import BerthConfig
import BerthTestKit
import Testing

/// The models that write titles and summaries.
@Suite struct OutlineSettingsTests {
    private static func load(_ more: String) throws -> Configuration {
        let folder = try TemporaryFolder()
        let text = """
            providers: [ { name: a, kind: openai, base_url: http://127.0.0.1:9/v1 } ]
            models:
              chat:
                - { provider: a, model: dear, price: { input: 3, output: 15 } }
                - { provider: a, model: unpriced }
                - { provider: a, model: free, price: { input: 0, output: 0 } }
                - { provider: a, model: cheap, price: { input: 0.4, output: 1.6 } }
                - { provider: a, model: cheaper, price: { input: 0.1, output: 0.4 } }
                - { provider: a, model: wordy, price: { input: 0.05, output: 9 } }
            \(more)
            """
        try folder.write(Array(text.utf8), to: "berth.yaml")
        return try ConfigurationFile.load(path: folder.path(of: "berth.yaml")) { _ in nil }
            .configuration
    }

    @Test(
        arguments: [
            ("", "a/cheaper", "a/cheaper"), ("chat: { titles: auto }", "a/cheaper", "a/cheaper"),
            ("chat: { titles: none }", nil, "a/cheaper"),
            ("chat: { titles: free, summaries: a/dear }", "a/free", "a/dear"),
        ] as [(String, String?, String?)]
    )
    func `a cheap model writes, unless the setting says otherwise`(
        text: String,
        titles: String?,
        summaries: String?
    ) throws {
        let settings = try Self.load(text)
        #expect(settings.model(of: settings.outlines.titles) == titles)
        #expect(settings.model(of: settings.outlines.summaries) == summaries)
    }

    @Test func `a model that is not listed is refused with the known ones`() throws {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try Self.load("chat: { summaries: cheapr }")
        }
        #expect(error?.description.contains("no chat model 'cheapr'") == true)
    }

    @Test func `the demo writes none`() {
        let settings = Configuration(memory: MemoryCeiling.detect { _ in nil })
        #expect(settings.model(of: settings.outlines.titles) == nil)
    }
}
