import Testing

/// Rules for texts: no path of one machine, and a page that loads nothing from elsewhere.
@Suite struct TextTests {
    @Test func `no path of one machine is in a file`() { expectNone(\.machinePaths) }

    @Test func `the page loads nothing from other servers and holds no inline code`() {
        expectNone(\.webFindings)
    }

    @Test(arguments: [
        "/home/ann/berth", "/root/x", "cd \(Repository.root)", "\"/tmp/berth.sock\"", "/Users/a",
    ])
    func `a path of one machine is found`(text: String) {
        #expect(sample("let a = 1\n\(text)\n", at: "scripts/run").machinePaths.map(\.line) == [2])
    }

    @Test(arguments: ["/home/ann/berth", "/root/x", "\"/tmp/berth.sock\"", "/Users/a"])
    func `a test may name places of any machine`(text: String) {
        #expect(sample(text, at: "Tests/EndToEnd/conftest.py").machinePaths.isEmpty)
    }

    @Test func `a path of the machine that builds is found in tests too`() {
        for path in ["Tests/TidyTests/A.swift", "Tests/EndToEnd/conftest.py", "scripts/run"] {
            #expect(sample("let a = 1\n\(Repository.root)/a", at: path).machinePaths.count == 1)
        }
    }

    @Test(arguments: [
        "https://berth.example/home/ann", "../work/x", "/etc/berth.yaml", "/workers/",
    ])
    func `an address, a relative path and a system's path are not`(text: String) {
        #expect(sample(text, at: "docs/install.md").machinePaths.isEmpty)
    }

    @Test(arguments: [
        ("a.html", "<script src=\"https://cdn.example/a.js\"></script>"),
        ("a.html", "<link rel=stylesheet href='//cdn.example/a.css'>"),
        ("a.html", "<script>alert(1)</script>"), ("a.html", "<style>p {}</style>"),
        ("a.html", "<p style=\"color: red\">"), ("a.html", "<button\n    onclick='go()'>"),
        ("a.html", "<a href=\"javascript:go()\">"), ("a.html", "<script type=module>a()</script>"),
        ("a.css", "@import \"https://fonts.example/a\";"),
        ("a.css", "a { src: url(//b.example/a) }"),
        ("a.js", "fetch('https://api.example/')"), ("a.js", "import a from \"//cdn.example/a.js\""),
        ("a.js", "eval(text)"), ("a.js", "new Function(text)"), ("a.js", "a.innerHTML = text"),
        ("a.js", "a.setAttribute('style', b)"), ("a.js", "a.insertAdjacentHTML('x', b)"),
    ])
    func `everything that a strict policy refuses is found`(name: String, text: String) {
        let file = sample(text, at: "Sources/BerthChannels/Web/\(name)")
        #expect(file.webFindings.count == 1)
        #expect(sample(text, at: "docs/\(name)").webFindings.isEmpty)
    }

    @Test(arguments: [
        ("a.html", "<script src=\"/app.js\" defer></script>"),
        ("a.html", "<script src=\"/app.js\" defer>\n</script>"),
        ("a.html", "<link rel=stylesheet href=app.css>"),
        ("a.html", "<a href=\"https://berth.example/\">Berth</a>"),
        ("a.html", "<p class=\"once style\" data-on=\"1\">the onset</p>"),
        ("a.css", "a { background: url(\"/a.svg\") }"),
        ("a.js", "// https://spec.commonmark.org/0.31\nlet a = /^https?:\\/\\//"),
        ("a.js", "a.startsWith('https://')"), ("a.js", "/* see\n * https://a.example */"),
        ("a.js", "document.createElementNS('http://www.w3.org/2000/svg', 'svg')"),
        ("a.js", "a.style.height = b; evaluate(a)"), ("a.js", "const a = b // c"),
    ])
    func `own files, links and names are not`(name: String, text: String) {
        #expect(sample(text, at: "Sources/BerthChannels/Web/\(name)").webFindings.isEmpty)
    }
}

extension SourceFile {
    var machinePaths: [Finding] {
        // A test may have samples of paths, except of this checkout.
        let folder = Repository.root.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let others = ["\(folder)/", "/home/", "/root/", "/tmp/", "/Users/"]
        let roots = isTest ? [Repository.root] : others.filter { $0 != "/" } + [Repository.root]
        return lines.indices.compactMap { index in
            guard let root = roots.first(where: { lines[index].contains(root: $0) }) else {
                return nil
            }
            return finding(
                index + 1,
                "a path of one machine (\(root)…): make it relative, or an argument"
            )
        }
    }

    var webFindings: [Finding] {
        let name = path.split(separator: "/").last ?? ""
        guard path.contains("/Web/"), let kind = name.split(separator: ".").last else { return [] }
        let (code, rules) = (withoutComments, Web.rules[String(kind)] ?? [])
        return rules.flatMap { rule in
            rule.places(code).map { place in
                finding(code[..<place].count { $0 == "\n" } + 1, rule.advice)
            }
        }
    }

    /// The text with `/* */`, `//` (at a line's start or after a space) and `<!-- -->` made blank.
    private var withoutComments: String {
        var text = text
        for comment in [#/(?s)/\*.*?\*//#, #/(?s)<!--.*?-->/#, #/(?m)(?:^|\s)//\s.*$/#] {
            text.replace(comment) { match in match.output.filter { $0 == "\n" } }
        }
        return text
    }
}

/// Patterns that the Content-Security-Policy would refuse or that could turn a message into markup.
enum Web {
    struct Rule {
        let advice: String
        let pattern: () -> Regex<Substring>

        init(_ advice: String, _ pattern: @escaping @autoclosure () -> Regex<Substring>) {
            (self.advice, self.pattern) = (advice, pattern)
        }

        func places(_ text: String) -> [String.Index] {
            text.ranges(of: pattern()).map(\.lowerBound)
        }
    }

    static var rules: [String: [Rule]] {
        [
            "html": [
                Rule(
                    external,
                    #/(?i)<(?!a\s)[a-z]+\s[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?//[^>]*/#
                ),
                Rule(
                    "a script in the page: put it in a file",
                    #/(?i)<script(?:\s[^>]*)?>\s*[^\s<]/#
                ),
                Rule(
                    "a style in the page: put it in a file",
                    #/(?i)<style[\s>]|<[a-z][^>]*\sstyle\s*=/#
                ),
                Rule("an inline handler: use addEventListener", #/(?i)<[a-z][^>]*\son[a-z]+\s*=/#),
                Rule("a script in an address: use a button with a listener", #/(?i)javascript:/#),
            ],
            "css": [Rule(external, #/(?i)(?:@import|url\()\s*(?:url\()?\s*["']?(?:https?:)?//\w/#)],
            "js": [
                Rule(external, #/["'`](?:https?:)?//(?!www\.w3\.org/)\w/#),
                Rule("code from text", #/(?:^|[^\w$])eval\s*\(|new Function\s*\(/#),
                Rule("markup from text: use createElement and textContent", markup),
                Rule("an inline style: use a class", #/setAttribute\(\s*["']style["']/#),
            ],
        ]
    }

    private static let external = "loads from another server: the page must work offline"

    private static var markup: Regex<Substring> {
        #/\.(?:innerHTML|outerHTML)\s*\+?=(?!=)|insertAdjacentHTML|document\.write/#
    }
}

extension Substring {
    /// Whether the text has a path that begins with `root`.
    ///
    /// A match inside a longer path does not count.
    fileprivate func contains(root: String) -> Bool {
        ranges(of: root).contains { range in
            guard range.lowerBound > startIndex else { return true }
            let before = self[index(before: range.lowerBound)]
            return !before.isLetter && !before.isNumber && !"._-/~}".contains(before)
        }
    }
}
