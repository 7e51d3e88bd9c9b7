import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig
@testable import BerthProviders
@testable import BerthSimulation

@Suite(.loop, .timeLimit(.minutes(20))) struct OpenAISpeechTests {
    /// The transcript of a recording of `count` bytes, or the failure.
    @Loop private static func hear(
        _ url: String,
        _ model: String,
        kind: String = "audio/ogg",
        count: Int = 300_000
    ) async throws -> (transcript: Transcript?, error: ProviderError?, held: ByteCount) {
        let asker = Asker()
        let account = asker.budget.account(for: "ann", quota: .mebibytes(16))
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let call = SpeechCall(
            sound: MemoryPicture(kind: kind, content: content),
            model: model,
            memory: PrepaidMemory(of: account)
        )
        let provider = OpenAISpeech(
            try asker.settings(url, .openai),
            client: asker.client,
            in: .quiet(asker.clock)
        )
        do throws(ProviderError) {
            return (try await provider.transcribe(call), nil, account.held)
        } catch { return (nil, error, account.held) }
    }

    @Loop
    @Test(arguments: [
        ("whisper-1", 12.0), ("speech-uncounted", nil), ("speech-tokens", nil),
        ("speech-duration", 30.5), ("speech-endless", SpeechChoice.mostSeconds),
    ])
    func `a recording's words come with its length`(model: String, seconds: Double?) async throws {
        try await withFake { url, fake in
            let (transcript, error, held) = try await Self.hear(url, model)
            let form = fake.speech.last
            #expect(error == nil)
            #expect(transcript?.text == "300000 bytes of audio/ogg")
            #expect(transcript?.seconds == seconds)
            #expect(held == .zero)
            #expect(form.fields == ["model": model, "response_format": "json"])
            #expect(form.files.first?.head == (0..<65_536).map { UInt8(truncatingIfNeeded: $0) })
        }
    }

    @Loop
    @Test(arguments: [
        "audio/ogg", "audio/mpeg", "audio/mp4", "video/mp4", "application/octet-stream",
    ])
    func `the type of a recording is passed on`(kind: String) async throws {
        try await withFake { url, _ in
            let transcript = try await Self.hear(url, "whisper-1", kind: kind, count: 1).transcript
            #expect(transcript?.text == "1 bytes of \(kind)")
        }
    }

    @Loop @Test func `a type with a line break becomes a plain one`() async throws {
        try await withFake { url, _ in
            let kind = "audio/ogg\r\nX: y"
            let transcript = try await Self.hear(url, "whisper-1", kind: kind, count: 1).transcript
            #expect(transcript?.text == "1 bytes of application/octet-stream")
        }
    }

    @Loop
    @Test(arguments: [
        "401", "404", "429", "500", "502", "529", "no-credit", "speech-textless", "speech-cut",
    ])
    func `a failure is an error of providers without the key`(model: String) async throws {
        try await withFake { url, _ in
            let (transcript, error, held) = try await Self.hear(url, model, count: 100)
            let refused = try #require(error)
            #expect(transcript == nil)
            #expect(!refused.description.contains("sk-"))
            #expect(!refused.forOperator.contains(Asker.key))
            #expect(held == .zero)
            let isFree = !["speech-textless", "speech-cut", "500", "502"].contains(model)
            #expect(refused.meansNothingBought == isFree || model == "500" || model == "502")
        }
    }

    @Loop
    @Test(arguments: [
        #"{"text":5}"#, #"{"text":null}"#, "[]", "", "<html>no</html>", #"{"text":"a"#,
        #"{"error":{"message":"no","code":500}}"#,
    ])
    func `an answer that is none is malformed`(body: String) async throws {
        try await withAnswer("200 OK\r\nContent-Type: application/json", body) { url, _ in
            let outcome = try await Self.hear(url, "whisper-1", count: 100)
            #expect(outcome.transcript == nil && outcome.error != nil)
        }
    }

    @Loop
    @Test(arguments: [
        (0.0, Int64(0)), (0.4, 100), (1, 100), (59.2, 6_000), (60, 6_000), (61, 6_100),
        (.infinity, 6_000 * 1_440), (-5, 0), (.nan, 0),
    ])
    func `a recording costs its seconds, rounded up`(seconds: Double, micros: Int64) throws {
        let asker = Asker()
        let settings = try asker.settings("http://h/v1", .openai)
        let model = SpeechChoice(
            .init(provider: "fake", model: "w", price: Money(micros: 6_000)),
            provider: OpenAISpeech(settings, client: asker.client, in: .quiet()),
            ceiling: .init()
        )
        #expect(model.cost(ofSeconds: seconds) == micros)
    }
}
