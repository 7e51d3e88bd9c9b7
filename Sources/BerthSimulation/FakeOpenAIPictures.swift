import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// The images API of ``FakeOpenAI``.
///
/// The model's name selects the behavior: one of ``Behavior``, or `url-` and a
/// ``FakePictures/Fault``. `gpt-image…` and `dall-e-3` are as strict as OpenAI's.
@Loop final class FakeOpenAIPictures {
    /// The behaviors, each selected by the model name that is its raw value.
    enum Behavior: String, CaseIterable {
        /// The base64 has a character that is none.
        case notBase64 = "not-base64"
        /// The base64 is that of a web page.
        case htmlBase64 = "html-base64"
        /// The base64 is empty.
        case emptyBase64 = "empty-base64"
        /// The connection ends within the base64.
        case cutBase64 = "cut-base64"
        /// The base64 has line breaks, and its slashes are escaped.
        case foldedBase64 = "folded-base64"
        /// The answer has no picture.
        case none = "no-picture"
        /// Status 200 with an error.
        case errorInside = "error-inside"
        /// The prompt is refused.
        case policy = "policy"
        /// `response_format` is refused.
        case strict = "strict-images"
        /// The picture comes after the pace's delay and a gateway has given up.
        case gateway = "gateway-images"
        /// One picture is made, however many are asked for.
        case one = "one-image"
    }

    /// The number of pictures that were made.
    private(set) var made = 0
    /// The fields of the last request, and the bytes of its pictures.
    private(set) var last = FakePictureForm()
    private let pictures: FakePictures
    private let clock: any Clock
    private let delay: Duration

    nonisolated init(delay: Duration, _ clock: any Clock) {
        self.delay = delay
        self.clock = clock
        pictures = FakePictures(clock: clock)
    }

    /// The routes of the API and of the pictures; `answer` counts each request.
    nonisolated func routes(
        _ count:
            @escaping @Loop @Sendable (HTTPRequest, @Loop () async -> HTTPResponse) async ->
            HTTPResponse
    ) -> [Route] {
        ["generations", "edits"].map { name in
            Route("POST", "/v1/images/\(name)") { request, _ in
                await count(request) { await self.answer(request, isEdit: name == "edits") }
            }
        } + [pictures.route]
    }

    private func answer(_ request: HTTPRequest, isEdit: Bool) async -> HTTPResponse {
        guard let form = await FakePictureForm.read(request) else {
            return .error(400, "the body is neither JSON nor a form")
        }
        last = form
        if let refusal = refusal(of: form, isEdit) { return refusal }
        if delay > .zero { try? await clock.sleep(for: delay) }
        let model = form.fields["model"] ?? ""
        let behavior = Behavior(rawValue: model)
        switch behavior {
        case .errorInside:
            return .json(Array(#"{"error":{"message":"the fake fails","code":500}}"#.utf8))
        case .some(.none): return .json(Array(#"{"created":1,"data":[]}"#.utf8))
        case .gateway:
            return .bytes(Array("upstream timed out".utf8), type: "text/plain", status: 504)
        default: break
        }
        let asked = Int(form.fields["n"] ?? "1") ?? 1
        let count = behavior == .one ? 1 : asked
        made += count
        let fault = FakePictures.Fault(rawValue: String(model.dropFirst("url-".count)))
        if model.hasPrefix("url-"), let fault { return links(request, fault, form, count) }
        return base64(form, count, behavior)
    }

    private func refusal(of form: FakePictureForm, _ isEdit: Bool) -> HTTPResponse? {
        let model = form.fields["model"] ?? ""
        if let refusal = FakeOpenAIBehavior(rawValue: model)?.refusal(now: clock.timestamp) {
            return refusal
        }
        let takesFormat = !model.hasPrefix("gpt-image") && model != Behavior.strict.rawValue
        if !takesFormat, form.fields["response_format"] != nil {
            return .error(400, "Unknown parameter: 'response_format'.", code: "unknown_parameter")
        }
        if model == "dall-e-3", form.fields["n"] ?? "1" != "1" {
            return .error(400, "You must provide n=1 for this model.", code: "invalid_value")
        }
        if model.hasPrefix("gpt-image") || model.hasPrefix("dall-e"), form.fields["seed"] != nil {
            return .error(400, "Unknown parameter: 'seed'.", code: "unknown_parameter")
        }
        if model == Behavior.policy.rawValue {
            return .error(400, "Your request was rejected.", code: "moderation_blocked")
        }
        if isEdit, !form.files.contains(where: { $0.name.hasPrefix("image") && $0.bytes > 0 }) {
            return .error(400, "Missing required parameter: 'image'.", code: "missing")
        }
        return nil
    }

    private func links(
        _ request: HTTPRequest,
        _ fault: FakePictures.Fault,
        _ form: FakePictureForm,
        _ count: Int
    ) -> HTTPResponse {
        let list = (0..<count).map { number in
            let link = FakePictures.link(request, fault, form.prompt, form.size, number)
            return #"{"url":"\#(link)","revised_prompt":"a picture"}"#
        }
        return .json(Array(#"{"created":1,"data":[\#(list.joined(separator: ","))]}"#.utf8))
    }

    private func base64(
        _ form: FakePictureForm,
        _ count: Int,
        _ behavior: Behavior?
    ) -> HTTPResponse {
        HTTPResponse(
            headers: ["content-type": "application/json"],
            body: .stream { writer in
                try await writer.write(Array(#"{"created":1,"data":["#.utf8))
                for number in 0..<count {
                    let letters = FakeOpenAIPictures.text(form, number, behavior)
                    let head = (number > 0 ? "," : "") + #"{"b64_json":""#
                    try await writer.write(Array(head.utf8))
                    if behavior == .cutBase64 {
                        try await writer.write(Array(letters.prefix(letters.count / 2)))
                        throw HTTPServerError.clientGone
                    }
                    for start in stride(from: 0, to: letters.count, by: 7001) {
                        try await writer.write(Array(letters[start..<min(start + 7001, letters.count)]))
                    }
                    try await writer.write(Array(#"","revised_prompt":null}"#.utf8))
                }
                let usage =
                    #"],"usage":{"input_tokens":12,"output_tokens":1000,"total_tokens":1012}}"#
                try await writer.write(Array(usage.utf8))
            }
        )
    }

    private static func text(
        _ form: FakePictureForm,
        _ number: Int,
        _ behavior: Behavior?
    ) -> [UInt8] {
        if behavior == .emptyBase64 { return [] }
        let picture =
            behavior == .htmlBase64
            ? Array("<!DOCTYPE html><title>x</title>".utf8)
            : FakePictures.png("\(form.prompt)\(number)", form.size)
        var encoder = Base64Encoder()
        var text = encoder.feed(picture) + encoder.finish()
        if behavior == .notBase64 { text[text.count / 2] = UInt8(ascii: "!") }
        guard behavior == .foldedBase64 else { return text }
        return text.enumerated().flatMap { index, byte -> [UInt8] in
            let escaped = byte == UInt8(ascii: "/") ? Array(#"\/"#.utf8) : [byte]
            return escaped + (index % 76 == 75 ? Array(#"\n"#.utf8) : [])
        }
    }
}
