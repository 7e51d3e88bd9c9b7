import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct ChatAddressTests {
    private static func body(_ part: String) -> String {
        #"{"model":"fake/echo","messages":[{"role":"user","content":[{"type":"text","text":"x"},"#
            + part + "]}]}"
    }

    static func picture(_ url: String) -> String {
        #"{"type":"image_url","image_url":{"url":"\#(url)","detail":"low"}}"#
    }

    @Loop
    @Test(arguments: [
        ChatAddressTests.picture("http://127.0.0.1/x"),
        ChatAddressTests.picture("http:\\/\\/10.0.0.1\\/x"),
        ChatAddressTests.picture("http://printer/"),
        ChatAddressTests.picture("\\u0068ttp://127.0.0.1/"),
        ChatAddressTests.picture("HTTP://LOCALHOST/"),
        ChatAddressTests.picture("http://2130706433/"),
        ChatAddressTests.picture("http://[::ffff:127.0.0.1]/"),
        ChatAddressTests.picture("file:///etc/passwd"),
        ChatAddressTests.picture("/etc/passwd"),
        ChatAddressTests.picture(""), ChatAddressTests.picture("gopher://example.com/"),
        ChatAddressTests.picture(" http://127.0.0.1/"),
        ChatAddressTests.picture("http://169.254.169.254/latest/meta-data"),
        ChatAddressTests.picture("http://db.internal/"),
        #"{"type":"image_url","image_url":"http://127.0.0.1/"}"#,
        #"{"type":"image_url","IMAGE_URL":{"Url":"http://127.0.0.1/"}}"#,
        #"{"type":"image_url","image\u005furl":{"\u0075rl":"http://127.0.0.1/"}}"#,
        #"{"type":"text","text":"y","image_url":{"url":"http://127.0.0.1/"}}"#,
        #"{"type":"input_audio","input_audio":{"data":"http://127.0.0.1/","format":"wav"}}"#,
        #"{"type":"audio_url","audio_url":{"url":"http://127.0.0.1/"}}"#,
        #"{"type":"video_url","video_url":{"url":"http://127.0.0.1/"}}"#,
        #"{"type":"video","video":["https://a.example/1.png","http://127.0.0.1/2.png"]}"#,
        #"{"type":"file","file":{"file_url":"http://127.0.0.1/"}}"#,
        #"{"type":"file","file":{"file_data":"http://127.0.0.1/","filename":"a.pdf"}}"#,
        #"{"type":"image","image":" \thttp://127.0.0.1/"}"#,
        #"{"type":"input_file","fileUri":"gs://bucket/x"}"#,
        #"{"type":"document_url","document_url":"ftp://127.0.0.1/"}"#,
        #"{"type":"text","text":"y","cache_control":{"type":"ephemeral","ttl":"1h"}}"#,
        #"{"type":"text","text":"y","Cache_Control":{"type":"ephemeral"}}"#,
    ])
    func `a part that reaches inside or costs more is refused`(part: String) async throws {
        try await withBot { bot in
            let answer = try await bot.chat(ChatAddressTests.body(part))
            #expect(answer.status == 400, "\(part)")
            #expect(answer.error?.string("param")?.hasPrefix("messages[0]") == true)
            #expect(try await bot.used().requests == 0)
        }
    }

    @Loop
    @Test(arguments: [
        ChatAddressTests.picture("https://pictures.example/a.png"),
        ChatAddressTests.picture("http://8.8.8.8/a.png"),
        ChatAddressTests.picture("data:image/png;base64,iVBORw0KGgo="),
        ChatAddressTests.picture("DATA:,x"),
        #"{"type":"text","text":"http://127.0.0.1/ and file:///etc/passwd"}"#,
        #"{"type":"input_audio","input_audio":{"data":"UklGRiQA","format":"wav"}}"#,
        #"{"type":"file","file":{"file_id":"file-abc"}}"#,
        #"{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBE","filename":"a: b"}}"#,
        #"{"type":"x","security":"none","during":"the day"}"#,
    ])
    func `a public address, data and words pass`(part: String) async throws {
        try await withBot { bot in
            let status = try await bot.chat(ChatAddressTests.body(part)).status
            #expect(status == 200, "\(part)")
        }
    }

    @Loop @Test func `addresses outside a content part are checked too`() async throws {
        try await withBot { bot in
            let inner = #"[{"type":"image_url","image_url":{"url":"http://127.0.0.1/"}}]"#
            for body in [
                #"{"model":"fake/echo","messages":[{"role":"user","content":"x","images":\#(inner)}]}"#,
                #"{"model":"fake/echo","messages":[{"role":"user","content":"x"}],"my_url":"http://10.0.0.1"}"#,
                #"{"model":"fake/echo","messages":[{"role":"user","content":"x"}],"y":{"z":["http://[::1]/"]}}"#,
            ] {
                let status = try await bot.chat(body).status
                #expect(status == 400, "\(body)")
            }
        }
    }

    @Loop @Test func `a name with a private address is refused, without telling the address`()
        async throws
    {
        var setup = Setup()
        setup.resolve = { host, _ in
            ["inner.example": ["8.8.8.8", "10.1.2.3"], "outer.example": ["8.8.4.4"]][host] ?? []
        }
        try await withBot(setup) { bot in
            let inner = ChatAddressTests.picture("https://inner.example/a.png")
            let answer = try await bot.chat(ChatAddressTests.body(inner))
            #expect(answer.status == 400)
            #expect(answer.text.contains("inner.example") && !answer.text.contains("10.1.2.3"))
            for host in ["outer.example", "unknown.example"] {
                let body = ChatAddressTests.body(ChatAddressTests.picture("https://\(host)/a.png"))
                let status = try await bot.chat(body).status
                #expect(status == 200)
            }
        }
    }

    @Loop @Test func `the look-ups of a request are bounded in number and time`() async throws {
        let count = Mailbox<String>()
        var setup = Setup()
        setup.resolve = { host, _ in
            count.put(host)
            return []
        }
        try await withBot(setup) { bot in
            let parts = (0..<17).map { ChatAddressTests.picture("https://h\($0).example/") }
            let many = parts.joined(separator: ",")
            let status = try await bot.chat(ChatAddressTests.body(many)).status
            #expect(status == 400)
            let same = [String](repeating: parts[0], count: 40).joined(separator: ",")
            let status2 = try await bot.chat(ChatAddressTests.body(same)).status
            #expect(status2 == 200)
            #expect(try await count.next("the only look-up") == "h0.example")
        }
    }

    @Loop @Test func `a request of too many parts is refused`() async throws {
        try await withBot { bot in
            let parts = [String](repeating: #"{"a":"b"}"#, count: 40_000).joined(separator: ",")
            let status = try await bot.chat(ChatAddressTests.body(parts)).status
            #expect(status == 400)
        }
    }
}
