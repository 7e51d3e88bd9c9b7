import BerthConfig
import BerthHTTP
package import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// A server with OpenAI's transcription of recordings.
///
/// Source: <https://platform.openai.com/docs/api-reference/audio/createTranscription>, as of 2026-11.
@Loop package final class OpenAISpeech {
    /// The provider's name in the configuration.
    package nonisolated var name: String { upstream.name }
    private let upstream: Upstream
    private let base: WebURL

    /// The most bytes of an answer, which has the words of about ten hours.
    static nonisolated let answerLimit = ByteCount.mebibytes(1)

    /// Makes the provider without contacting the server.
    init(
        _ settings: Configuration.Provider,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        upstream = Upstream(settings, client, in: surroundings)
        base = settings.baseURL
    }

    /// Sends a recording, which is read while it is sent, and returns its words.
    ///
    /// It is sent once. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    package func transcribe(_ call: SpeechCall) async throws(ProviderError) -> Transcript {
        let lease: MemoryLease
        do { lease = try call.memory.take(PictureUpload.memory, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
        let response = try await upstream.upload(request(call), memory: call.memory)
        _ = consume lease
        let headers = response.headers
        let bytes = try await upstream.smallBody(
            of: response,
            call.memory,
            limit: Self.answerLimit
        )
        let upstream = upstream
        return try await LargeWork.run(on: bytes.count) { () throws(ProviderError) in
            let form = BodyForm.of(bytes[...]) ?? .text
            guard let object = try upstream.objects(in: bytes, form).first,
                let text = object.string("text")
            else { throw .malformed(provider: upstream.name, reason: "it has no 'text'") }
            let usage = object.object("usage")
            let seconds = usage?.number("seconds") ?? object.number("duration")
            return Transcript(
                text: text,
                seconds: seconds.map { min(max(0, $0), SpeechChoice.mostSeconds) },
                micros: ProviderBill.micros(in: usage, headers)
            )
        }
    }

    private func request(_ call: SpeechCall) -> HTTPClientRequest {
        let boundary = "berth-" + upstream.surroundings.entropy.bytes(16).hex
        var head: [UInt8] = []
        for (name, value) in [("model", call.model), ("response_format", "json")] {
            head += FormField.head(name, boundary: boundary)
            head += Array(value.utf8) + Array("\r\n".utf8)
        }
        let name = "sound." + Self.ending(of: call.sound.kind)
        head += FormField.head("file", called: name, kind: call.sound.kind, boundary: boundary)
        let end = Array("\r\n--\(boundary)--\r\n".utf8)
        var headers: HTTPHeaders = [
            "accept": "application/json",
            "content-type": "multipart/form-data; boundary=\(boundary)",
        ]
        if let key = upstream.key { headers["authorization"] = "Bearer \(key.reveal())" }
        var request = HTTPClientRequest(url: "\(base)/audio/transcriptions", headers: headers)
        request.deadlines = HTTPClientDeadlines(
            firstByte: upstream.timeout.whole,
            stall: upstream.timeout.next
        )
        request.upload = PictureUpload([.bytes(head), .picture(call.sound), .bytes(end)])
        return request
    }

    /// The end of a file's name by which servers recognize the form of a recording.
    private nonisolated static func ending(of kind: String) -> String {
        let known = [
            "audio/ogg": "ogg", "audio/opus": "ogg", "audio/mpeg": "mp3", "audio/mp3": "mp3",
            "audio/mp4": "m4a", "audio/m4a": "m4a", "audio/x-m4a": "m4a", "audio/aac": "m4a",
            "audio/wav": "wav", "audio/x-wav": "wav", "audio/flac": "flac",
            "audio/x-flac": "flac", "audio/webm": "webm", "video/webm": "webm",
            "video/mp4": "mp4",
        ]
        return known[kind] ?? "ogg"
    }
}
