import BerthHTTP
import BerthLoop
import BerthText

/// The transcription of ``FakeOpenAI``.
///
/// The words name the recording's bytes and type. The model's name selects the behavior: one of
/// ``Behavior``, or one of ``FakeOpenAIBehavior`` that refuses every request.
@Loop final class FakeOpenAISpeech {
    /// The behaviors, each selected by the model name that is its raw value.
    enum Behavior: String, CaseIterable {
        /// The answer has no usage, as that of most servers.
        case uncounted = "speech-uncounted"
        /// The answer counts tokens, as that of OpenAI's newer models.
        case tokens = "speech-tokens"
        /// The answer names a duration, as that of other servers.
        case duration = "speech-duration"
        /// Nothing is said in the recording.
        case silent = "speech-silent"
        /// The answer has no text.
        case textless = "speech-textless"
        /// The length is no number that a recording can have.
        case endless = "speech-endless"
        /// The answer never comes.
        case hanging = "speech-hanging"
        /// The connection ends without an answer.
        case cut = "speech-cut"
    }

    /// The fields and the file of the last request.
    private(set) var last = FakePictureForm()
    private let clock: any Clock

    nonisolated init(_ clock: any Clock) { self.clock = clock }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let form = await FakePictureForm.read(request) else {
            return .error(400, "the body is not a form")
        }
        last = form
        let model = form.fields["model"] ?? ""
        if let refusal = FakeOpenAIBehavior(rawValue: model)?.refusal(now: clock.timestamp) {
            return refusal
        }
        guard let file = form.files.first(where: { $0.name == "file" }), file.bytes > 0 else {
            return .error(400, "Missing required parameter: 'file'.", code: "missing")
        }
        // OpenAI's servers stop at 25 MiB.
        guard file.bytes <= 25 << 20 else { return .error(413, "The file is too large") }
        let words = "\(file.bytes) bytes of \(file.kind)"
        let text = #"{"text":"\#(words)""#
        switch Behavior(rawValue: model) {
        case .uncounted: return Self.json(text + "}")
        case .tokens:
            return Self.json(
                text + #","usage":{"type":"tokens","input_tokens":90,"output_tokens":7}}"#
            )
        case .duration: return Self.json(text + #","duration":30.5,"language":"english"}"#)
        case .silent:
            return Self.json(#"{"text":" \n","usage":{"type":"duration","seconds":3}}"#)
        case .textless: return Self.json(#"{"task":"transcribe"}"#)
        case .endless:
            return Self.json(text + #","usage":{"type":"duration","seconds":1e300}}"#)
        case .hanging:
            await request.clientGone()
            return .error(500, "the client has disconnected")
        case .cut:
            request.cutOff()
            return .error(500, "cut")
        case nil:
            return Self.json(text + #","usage":{"type":"duration","seconds":12}}"#)
        }
    }

    private static func json(_ text: String) -> HTTPResponse { .json(Array(text.utf8)) }
}
