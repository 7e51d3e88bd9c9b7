import BerthMemory
import BerthProviders
import BerthText
import Testing

@testable import BerthChannels

@Suite struct PictureQueryTests {
    private func read(_ json: String) async throws -> PictureQuery {
        try await PictureQuery.read(Array(json.utf8))
    }

    @Test func `a request is read with its own members and its options`() async throws {
        let query = try await read(
            #"{"model":"fal/flux","prompt":"a \u00e9 cat","n":3,"size":"640x480","seed":7,"#
                + #""response_format":"b64_json","background":"transparent","user":"u","#
                + #""new":{"a":[1]},"style":null,"quality":"low"}"#
        )
        #expect(query.model == "fal/flux" && query.form == .base64 && query.costly.isEmpty)
        #expect(query.request.prompt == "a é cat" && query.request.count == 3)
        #expect(query.request.size == PictureSize(width: 640, height: 480))
        #expect(query.request.seed == 7)
        let options = try #require(query.request.options)
        #expect(
            String(decoding: options.bytes, as: UTF8.self)
                == #"{"background":"transparent","new":{"a":[1]},"quality":"low"}"#
        )
    }

    @Test func `a bare prompt is one picture of any model`() async throws {
        let query = try await read(#"{"prompt":"x","size":"auto","n":null}"#)
        #expect(query.model == "berth" && query.form == nil && query.request.count == 1)
        #expect(query.request.size == nil && query.request.options == nil)
    }

    @Test(arguments: [
        "", "[]", "{", "{}", #"{"prompt":1}"#, #"{"prompt":" \n"}"#, #"{"prompt":"a","n":1.5}"#,
        #"{"prompt":"a","n":"2"}"#, #"{"prompt":"a","n":0}"#, #"{"prompt":"a","seed":-1}"#,
        #"{"prompt":"a","size":"1x"}"#, #"{"prompt":"a","size":512}"#,
        #"{"prompt":"a","size":"4096x4096"}"#, #"{"prompt":"a","model":""}"#,
        #"{"prompt":"a","model":7}"#, #"{"prompt":"a","response_format":"png"}"#,
        #"{"prompt":"a","mask":"x"}"#, #"{"prompt":"a","image":["x"]}"#,
        #"{"prompt":"a","prompt":"b"}"#, #"{"prompt":"a","Size":"1x1"}"#,
        #"{"prompt":"a","other":"http://10.0.0.1/a.png"}"#,
    ])
    func `a request that is wrong is refused in words`(json: String) async {
        await #expect(throws: PictureQuery.Refusal.self) { _ = try await read(json) }
    }

    @Test func `a prompt is limited by its bytes, however it is written`() async throws {
        let most = PictureQuery.promptLimit.bytes
        for letter in ["a", #"\u0061"#] {
            let fits = String(repeating: letter, count: most)
            #expect(try await read(#"{"prompt":"\#(fits)"}"#).request.prompt.utf8.count == most)
            await #expect(throws: PictureQuery.Refusal.self) {
                _ = try await read(#"{"prompt":"\#(fits)\#(letter)"}"#)
            }
        }
    }

    @Test(arguments: [
        (#""quality":"high""#, "quality"), (#""stream":true"#, "stream"),
        (#""partial_images":1"#, "partial_images"), (#""steps":50"#, "steps"),
    ])
    func `a member that costs more needs a permission`(
        member: String,
        name: String
    ) async throws {
        let query = try await read(#"{"prompt":"a",\#(member)}"#)
        #expect(query.costly.map(\.name) == [name])
        let refusal = query.costly[0].refusal(by: "models.image")
        #expect(refusal.message.contains("models.image[].pass") && refusal.parameter == name)
    }
}
