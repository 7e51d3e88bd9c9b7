import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders
@testable import BerthSimulation

@Suite(.loop, .timeLimit(.minutes(20))) struct OpenAIPicturesTests {
    @Loop
    @Test(arguments: [
        "gpt-image-1", "dall-e-3", "dall-e-2", "local", "strict-images", "folded-base64",
        "url-plain", "url-redirect", "url-octets", "one-image",
    ])
    func `pictures come in base64 or behind a URL`(model: String) async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFake { url, fake in
            let call = asker.order(model, count: 2) { $0.seed = 5 }
            let outcome = await asker.make(try asker.pictures(url), call, into: shelf)
            let (pictures, largest, held, fields) = (
                shelf.pictures, shelf.largest, call.memory.account.held, fake.pictures.last.fields
            )
            #expect(outcome.error == nil)
            #expect(outcome.bill?.pictures == 2)
            #expect(pictures.count == 2)
            #expect(pictures.allSatisfy { isPNG($0) })
            #expect(largest <= 64 << 10)
            #expect(held == .zero)
            #expect(fields["user"] == "u-hash")
            let takesSeed = !model.hasPrefix("gpt") && !model.hasPrefix("dall")
            #expect(fields["seed"] == (takesSeed ? "5" : nil))
        }
    }

    @Loop @Test func `the usage is counted over all requests`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFake { url, fake in
            let call = asker.order("dall-e-3", count: 3)
            let outcome = await asker.make(try asker.pictures(url), call, into: shelf)
            let received = fake.counts.received
            #expect(outcome.bill?.usage?.output == 3000)
            #expect(received == 3)
        }
    }

    @Loop @Test func `options are sent to the models that have them`() async throws {
        let asker = Asker()
        try await withFake { url, fake in
            let provider = try asker.pictures(url)
            let options =
                #"{"quality":"low","style":"vivid","output_format":"webp","x":1,"stream":true}"#
            for (model, expected) in [
                ("gpt-image-1", ["quality", "output_format"]), ("dall-e-3", ["quality", "style"]),
                ("dall-e-2", []), ("other", ["quality", "style", "output_format"]),
            ] {
                let shelf = PictureShelf()
                let call = asker.order(model) {
                    $0.size = PictureSize(width: 64, height: 32)
                    $0.options = try? JSONObject(Array(options.utf8))
                }
                _ = await asker.make(provider, call, into: shelf)
                let (fields, kind) = (fake.pictures.last.fields, shelf.kinds.first)
                let known = ["quality", "style", "output_format", "x", "stream"]
                #expect(Set(known.filter { fields[$0] != nil }) == Set(expected))
                #expect(fields["size"] == "64x32")
                if model == "gpt-image-1" { #expect(kind == "image/webp") }
            }
        }
    }

    @Loop @Test func `pictures to edit are sent as a form`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        let large = MemoryPicture(
            kind: "image/jpeg",
            content: .init(repeating: 7, count: 3_000_001)
        )
        let small = MemoryPicture(kind: "image/png", content: [1, 2, 3])
        try await withFake { url, fake in
            let call = asker.order("gpt-image-1", prompt: "make it\r\nblue ✓") {
                $0.inputs = [large, small]
                $0.mask = small
            }
            let outcome = await asker.make(try asker.pictures(url), call, into: shelf)
            let (form, count) = (fake.pictures.last, shelf.pictures.count)
            #expect(outcome.error == nil)
            #expect(count == 1)
            #expect(form.fields["prompt"] == "make it\r\nblue ✓")
            #expect(form.fields["response_format"] == nil)
            #expect(form.files.map(\.name) == ["image[]", "image[]", "mask"])
            #expect(form.files.map(\.kind) == ["image/jpeg", "image/png", "image/png"])
            #expect(form.files.map(\.bytes) == [3_000_001, 3, 3])
        }
    }

    @Loop @Test func `a picture to edit that cannot be read buys nothing`() async throws {
        struct Gone: SourcePicture {
            let kind = "image/png"
            let bytes = 500_000
            func read(at offset: Int, count: Int) async throws(ProviderError) -> [UInt8] {
                if offset == 0 { return [UInt8](repeating: 1, count: count) }
                throw .untranslatable(provider: "fake", reason: "the file is gone")
            }
        }
        let asker = Asker()
        try await withFake { url, fake in
            let call = asker.order("gpt-image-1") { $0.inputs = [Gone()] }
            let outcome = await asker.make(try asker.pictures(url), call, into: PictureShelf())
            let (made, held) = (fake.pictures.made, call.memory.account.held)
            #expect(outcome.error?.meansNothingBought == true)
            #expect(made == 0)
            #expect(held == .zero)
        }
    }

    /// The faults of answers, and a word of what the user reads.
    static let faults = [
        ("not-base64", "base64"), ("html-base64", "web page"), ("url-html", "text/html"),
        ("url-html-as-png", "web page"), ("url-empty", "empty"), ("url-endless", "larger than"),
        ("url-redirect-private", "not public"), ("url-cut", "incomplete"),
        ("cut-base64", "incomplete"), ("no-picture", "no picture"), ("empty-base64", "no picture"),
        ("error-inside", "the fake fails"), ("policy", "rejected"), ("429", "rate"), ("500", "500"),
        ("401", "operator"), ("gateway-images", "did not confirm"),
    ]

    @Loop @Test(arguments: faults)
    func `a faulty answer is named in words`(fault: (String, String)) async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFake { url, fake in
            let call = asker.order(fault.0)
            let outcome = await asker.make(try asker.pictures(url), call, into: shelf)
            let (words, count, held, received) = (
                outcome.error?.description ?? "none", shelf.pictures.count,
                call.memory.account.held, fake.counts.received
            )
            #expect(words.contains(fault.1), "\(words)")
            #expect(!words.contains("127.0.0.1"))
            #expect(count == 0)
            #expect(held == .zero)
            #expect(received == 1)
            let isFree = ["policy", "429", "500", "401"].contains(fault.0)
            #expect(outcome.error?.meansNothingBought == isFree)
        }
    }

    @Loop @Test func `a large picture is never whole in memory`() async throws {
        let (asker, shelf) = (Asker(), PictureShelf())
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                headers: ["content-type": "application/json"],
                body: .stream { writer in
                    try await writer.write(Array(#"{"data":[{"b64_json":""#.utf8))
                    let piece = [UInt8](repeating: UInt8(ascii: "A"), count: 16 << 10)
                    for _ in 0..<256 { try await writer.write(piece) }
                    try await writer.write(Array(#""}]}"#.utf8))
                }
            )
        }
        try await withServer(handler) { url in
            let account = asker.budget.account(for: "bea", quota: .kibibytes(512))
            let call = PictureCall(
                request: PictureRequest(prompt: "x"),
                model: "m",
                user: "u",
                memory: PrepaidMemory(of: account)
            )
            let outcome = await asker.make(try asker.pictures(url), call, into: shelf)
            let size = shelf.pictures.first?.count
            #expect(outcome.error == nil)
            #expect(size == 3 << 20)
        }
    }

    @Loop @Test func `a picture without end is refused, however it comes`() async throws {
        let shelf = PictureShelf()
        let delivery = PictureDelivery(of: "fake", to: shelf)
        try await delivery.begin(kind: nil, length: nil)
        let piece = [UInt8](repeating: 0x89, count: 1 << 20)
        for _ in 0..<32 { try await delivery.write(piece) }
        let error = ProviderError.undelivered(
            provider: "fake",
            reason: "it is larger than \(PictureDelivery.most)"
        )
        await #expect(throws: error) { try await delivery.write([1]) }
        let (largest, count) = (shelf.largest, shelf.pictures.count)
        #expect(largest == 64 << 10)
        #expect(count == 0)
    }
}
