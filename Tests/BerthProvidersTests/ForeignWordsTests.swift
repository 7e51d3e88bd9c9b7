import BerthConfig
import Testing

@testable import BerthProviders

/// A provider's own words in a tenant's error.
@Suite struct ForeignWordsTests {
    @Test(arguments: [
        ("cannot connect to http://10.0.0.5:8000/v1", "cannot connect to …"),
        ("10.0.0.5: refused", "… refused"),
        ("dial tcp 127.0.0.1:6379: connect", "dial tcp … connect"),
        ("HTTPConnectionPool(host='10.1.2.3', port=80)", "HTTPConnectionPool(host='…', port=80)"),
        ("[::1]:80 and fe80::1", "[…]:80 and …"), ("fd00:1:2:3:4:5:6:7 is away", "… is away"),
        ("no route to vllm:8000.", "no route to …"),
        ("db.internal is away", "… is away"), ("cat.svc.local, again", "…, again"),
        ("open /etc/berth/key.pem: no such file", "open … no such file"),
        ("redis://user:pw@cache/0", "…"), ("file:///tmp/x", "…"),
    ])
    func `addresses, files and inner names are hidden`(text: String, harmless: String) {
        #expect(ForeignWords.harmless(text, hiding: nil) == harmless)
    }

    @Test(arguments: [
        "This model's maximum context length is 128000 tokens.", "temperature must be 0.0 to 2.0",
        "and/or", "version 1.2.3 of it", "at 12:30", "see: 'messages[0].content'",
        "max_tokens:4096",
        "ratio 16:9", "in 01:02:03", "at 10:20:30.5 today", "a:b:c", "", "…", "a: b", "berth.yaml",
        "gpt-5.1-mini", "a key-value pair", "the key-encryption-key is away", "sk-learn is away",
        "no hf_endpoint is set", "key-1", "fw_model_not_found",
    ])
    func `other words stay`(text: String) {
        #expect(ForeignWords.harmless(text, hiding: nil) == text)
    }

    @Test(arguments: [
        ("Incorrect key 'sk-abcd1234efgh' given.", "Incorrect key '***"),
        ("no gsk_0123456789 here", "no *** here"), ("a risk-averse word", "a risk-averse word"),
        ("key=sk-0123456789,model='m'", "key=***,model='m'"),
        ("sk-0123456789/sk-9876543210!", "***/***!"),
        ("Incorrect: sk-ab****yz.", "Incorrect: ***."),
        ("no hf_abcdefghijKLMNOPqrstuvwxyzABCDEFGH", "no ***"),
        ("two\nlines\u{7} of  it", "two lines of it"),
    ])
    func `words that look like keys are hidden, and there is one line`(
        text: String,
        harmless: String
    ) {
        #expect(ForeignWords.harmless(text, hiding: nil).hasPrefix(harmless))
    }

    @Test(arguments: [
        ("x", "This model's maximum context length is 8 tokens"), ("ollama", "ollama is away"),
        ("none", "none of the models"), ("local", "locally"), ("secret1", "secret1"),
        ("not-needed", "not-needed-here"), ("password", "passwords and password_hash"),
    ])
    func `a key that may be a word touches no letter of others`(key: String, text: String) {
        #expect(ForeignWords.harmless(text, hiding: Secret(key)) == text)
    }

    @Test(arguments: [
        ("not-needed", "Bad key not-needed.", "Bad key ***."),
        ("password", "'password' and passwords, password", "'***' and passwords, ***"),
        ("a-long-key-of-letters", "xa-long-key-of-lettersy", "x***y"),
    ])
    func `a whole key is hidden`(key: String, text: String, harmless: String) {
        #expect(ForeignWords.harmless(text, hiding: Secret(key)) == harmless)
    }

    @Test func `the key is hidden before the text is cut`() {
        let text =
            String(repeating: "x", count: 240) + "sk-secret-0123456789"
            + String(repeating: "y", count: 9000)
        let harmless = ForeignWords.harmless(text, hiding: Secret("sk-secret-0123456789"))
        #expect(harmless.contains("***") && !harmless.contains("sk-"))
        #expect(harmless.utf8.count <= 1003)
    }

    @Test func `one character of any length is cut by its bytes`() {
        let text = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(ForeignWords.harmless(text, hiding: nil).utf8.count <= 1003)
    }
}
