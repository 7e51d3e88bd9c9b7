import BerthBot
import BerthHTTP
import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthChannels

@Suite(.loop) struct PageWordsTests {
    /// The names of the values in a text.
    private static func values(_ text: String) -> Set<String> {
        Set(text.matches(of: #/\{(\w+)/#).map { String($0.1) })
    }

    private static let scripts = WebFiles.scripts.map { (name: $0, text: text($1)) }
    private static let pages = [
        WebFiles.page, WebFiles.login, WebFiles.code, WebFiles.host, WebFiles.shared,
        WebFiles.missing,
    ].map(text)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `every text that a page or a script names is in the tables`() {
        let values = ["lang", "words", "message", "token", "host", "url"]
        for page in Self.pages {
            for match in page.matches(of: #/\{\{([^}]*)\}\}/#) {
                let name = String(match.1)
                #expect(PageKey(rawValue: name) != nil || values.contains(name), "\(name)")
            }
        }
        var count = 0
        for (script, text) in Self.scripts {
            for match in text.matches(of: #/\Ww\("(\w+)"/#) {
                count += 1
                let name = String(match.1)
                #expect(PageKey(rawValue: name) != nil, "\(name) in \(script)")
            }
        }
        #expect(count > 150)
    }

    @Test func `every text of the tables is shown by a page or a script`() {
        let all = (Self.pages + Self.scripts.map(\.text)).joined()
        for key in PageKey.allCases {
            let name = key.rawValue
            // The label of a quota's meter is named by its unit.
            let isMeter = [.requestsOf, .tokensOf].contains(key)
            let isShown = all.contains("{{\(name)}}") || all.contains("\"\(name)\"")
            #expect(isShown || isMeter, "\(name)")
        }
    }

    @Test func `a script gives the values that a text has`() {
        for (script, text) in Self.scripts {
            // A call with an object of its own, and a call without any.
            for match in text.matches(of: #/\Ww\("(\w+)"(?:, \{ ([^}]*) \})?\)/#) {
                guard let key = PageKey(rawValue: String(match.1)) else { continue }
                let given = (match.2 ?? "").split(separator: ", ").compactMap {
                    $0.split(separator: ":").first.map(String.init)
                }
                let wanted = Self.values(PhraseTable.of(.english).text(key))
                #expect(Set(given) == wanted, "\(key) in \(script)")
            }
        }
    }

    @Test func `a script is sent without what its browser does not read`() {
        let script = """
            // A comment.
            import { a } from "b";

            /**
             * Words.
             */
            function c(d, // e,
              f) {
              return [d,
                f]
              + 1;
            }
            """
        let words = "import { a } from \"b\";function c(d, // e,\nf) {return [d,f]\n+ 1;}\n"
        #expect(Self.text(WebFiles.compact(Array(script.utf8))) == words)
    }

    @Loop
    @Test(arguments: [
        ("en-GB,en;q=0.9", "en", "New conversation"), ("ru-RU,ru;q=0.9", "ru", "Новый разговор"),
        ("uk", "uk", "Нова розмова"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "新对话"),
        ("de-DE,uk;q=0.5", "uk", "Нова розмова"), ("fr", "en", "New conversation"),
        ("*", "en", "New conversation"), ("", "en", "New conversation"),
    ])
    func `the page is in the browser's language`(header: String, code: String, words: String)
        async throws
    {
        try await withBot { bot in
            let answer = try await bot.ask("GET", "/", "", [("accept-language", header)])
            let page = answer.text
            #expect(page.contains("<html lang=\"\(code)\">") && page.contains(">\(words)<"))
            #expect(answer.headers["content-language"] == code)
            #expect(answer.headers["vary"]?.contains("accept-language") == true)
            #expect(!page.contains("{{") && !page.contains("}}"))
        }
    }

    @Loop @Test func `every page is in the browser's language`() async throws {
        try await withBot { bot in
            for (code, words) in [("ru", "Вход"), ("uk", "Вхід"), ("zh", "登录"), ("en", "Log in")] {
                for path in ["/login", "/login?token=a"] {
                    let page = try await bot.ask("GET", path, "", [("accept-language", code)]).text
                    #expect(page.contains("lang=\"\(code)\"") && page.contains(words), "\(path)")
                }
            }
            let headers = [("accept-language", "uk")]
            let gone = try await bot.ask("GET", "/shared/nothing", "", headers)
            #expect(gone.status == 404 && gone.text.contains("Розмова за посиланням"))
        }
    }

    @Loop @Test func `a language that the reader has chosen goes before the browser's`()
        async throws
    {
        try await withBot { bot in
            let ann = try await bot.login(bot.ann)
            let headers = [("accept-language", "ru")]
            #expect(try await bot.ask("GET", "/", as: ann, headers).text.contains("lang=\"ru\""))
            try await bot.bot.tenants.choose(.of(tag: "zh"), for: bot.ann)
            #expect(try await bot.ask("GET", "/", as: ann, headers).text.contains("lang=\"zh\""))
            #expect(try await bot.ask("GET", "/", "", headers).text.contains("lang=\"ru\""))
        }
    }

    @Test(arguments: Language.spoken)
    func `the words of a page are JSON that its HTML cannot end`(language: Language) throws {
        let page = PageTemplate(Array("<template>{{words}}</template>".utf8)).page(in: language)
        let text = Self.text(page)
        #expect(text.split(separator: "<").count == 2)
        let json = text.dropFirst("<template>".count).dropLast("</template>".count)
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
        let words = try JSON.decode([String: String].self, from: Array(json.utf8))
        for key in PageKey.allCases {
            #expect(words[key.rawValue] == PhraseTable.of(language).text(key))
        }
    }

    @Test(arguments: ["<b>", "\"", "'", "&", "`", "{url}", "{{words}}", "\u{301}<"])
    func `a value is text wherever it stands`(value: String) {
        let source = Array("<p title=\"{{message}}\">{{hostAbout}}</p>".utf8)
        let page = PageTemplate(source).page(in: .english, ["message": value, "host": value])
        let plain = PageTemplate(source).page(in: .english, ["message": "a", "host": "a"])
        func marks(_ bytes: [UInt8]) -> Int {
            bytes.filter { Array("<>\"'".utf8).contains($0) }.count
        }
        #expect(marks(page) == marks(plain) && page.offset(of: "<code>") != nil)
    }
}
