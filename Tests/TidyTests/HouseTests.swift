import Testing

/// Rules for the order of the modules and the owners of the C libraries.
@Suite struct HouseTests {
    @Test func `Package.swift lists the modules in the order of the house`() throws {
        let package = try #require(Repository.files.first { $0.path == "Package.swift" })
        let listed = package.tokens.filter { $0.kind == .string && House.modules.contains($0.text) }
            .map(\.text).dropFirst()  // the package's own name
        let first = listed.enumerated().filter { !listed.prefix($0.offset).contains($0.element) }
        let order = first.map(\.element).filter { !$0.isEmpty }
        #expect(order == House.modules.filter(order.contains))
    }

    @Test func `a module imports only those above it`() { expectNone(\.downwardImports) }

    @Test func `a C library is imported by its one owner`() { expectNone(\.strayCImports) }

    @Test func `SQL is in BerthStore alone`() { expectNone(\.straySQL) }

    @Test func `an answer's JSON is read at the provider and at the API alone`() {
        expectNone(\.strayAnswers)
        let text = #"let a = answer.elements("choices")"#
        #expect(sample(text, at: "Sources/BerthWork/A.swift").strayAnswers.count == 1)
        #expect(sample(text, at: "Sources/BerthProviders/A.swift").strayAnswers.isEmpty)
        #expect(sample(#"let a = "other choices""#).strayAnswers.isEmpty)
    }

    @Test func `forwarded addresses are read in TrustedProxies alone`() {
        expectNone(\.strayForwardedAddresses)
    }

    @Test(arguments: [
        (#"let a = headers["X-Forwarded-For"]"#, 1), (#"let a = headers["forwarded"]"#, 1),
        (#"let a = headers["X-Real-IP"]"#, 1), (#"let a = "forwarded to others""#, 0),
        ("let forwarded = 1  // X-Forwarded-For", 0),
    ])
    func `another reader of forwarded addresses is found`(text: String, findings: Int) {
        #expect(sample(text).strayForwardedAddresses.count == findings)
        let owner = sample(text, at: "Sources/BerthHTTP/TrustedProxies.swift")
        #expect(owner.strayForwardedAddresses.isEmpty)
    }

    @Test(arguments: [
        ("Sources/BerthLoop/A.swift", "import BerthMemory", 1),
        ("Sources/BerthHTTP/A.swift", "package import BerthBot", 1),
        ("Sources/BerthBot/A.swift", "import BerthHTTP\nimport BerthChannels", 1),
        ("Sources/BerthBot/A.swift", "package import BerthHTTP\nimport BerthBot", 0),
        ("Sources/berth/A.swift", "import BerthSimulation", 0),
        ("Sources/BerthNew/A.swift", "import BerthLoop", 1),
        ("Tests/BerthLoopTests/A.swift", "import BerthBot", 0),
    ])
    func `an import of a module below is found`(path: String, text: String, findings: Int) {
        #expect(sample(text, at: path).downwardImports.count == findings)
    }

    @Test(arguments: [
        ("Sources/BerthBot/A.swift", "import CCurl", 1),
        ("Sources/BerthHTTP/A.swift", "package import CCurl", 1),
        ("Sources/BerthHTTP/A.swift", "import CCurl\nimport CZlib\nimport CLinux", 0),
        ("Sources/berth/A.swift", "import CLinux", 0),
        ("Sources/berth/A.swift", "import CEdit", 0),
        ("Sources/BerthBot/A.swift", "import CEdit", 1),
        ("Tests/BerthStoreTests/A.swift", "import CSQLite", 0),
        ("Tests/BerthBotTests/A.swift", "import CSQLite", 1),
    ])
    func `a C library in another module is found`(path: String, text: String, findings: Int) {
        #expect(sample(text, at: path).strayCImports.count == findings)
    }

    @Test(arguments: [
        #"let a = "SELECT id FROM turn""#, #"let a = "DELETE FROM turn""#,
        "let a = \"\"\"\n    UPDATE turn\n    SET state = 1\n    \"\"\"",
        #"let a = "insert INTO turn VALUES (\(b))""#, #"let a = "PRAGMA user_version""#,
        #"let a = "INSERT OR IGNORE INTO turn""#, #"let a = "CREATE TABLE turn""#,
    ])
    func `SQL outside the store is found`(text: String) {
        #expect(sample(text).straySQL.count == 1)
        #expect(sample(text, at: "Sources/BerthStore/Turns.swift").straySQL.isEmpty)
    }

    @Test(arguments: [
        #"let a = "DELETE""#, #"let a = "select a model""#, "// SELECT id FROM turn",
        #"let a = "UPDATE the settings""#,
    ])
    func `words that only look like SQL are not`(text: String) {
        #expect(sample(text).straySQL.isEmpty)
    }
}

/// The order of the modules and the owners of the C libraries, as in ARCHITECTURE.md.
enum House {
    static let modules = [
        "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig", "BerthHTTP",
        "BerthStore", "BerthCache", "BerthQueue", "BerthProviders", "BerthFiles", "BerthImage",
        "BerthWork", "BerthBot", "BerthChannels", "BerthAdmin", "BerthService", "BerthSimulation",
        "berth",
    ]

    /// The module that wraps each C library.
    ///
    /// Any module may use CLinux, which has the kernel's calls. BerthHTTP decodes bodies with CZstd, and BerthImage
    /// makes and reads PNG with CZlib.
    static let owners = [
        "CCurl": "BerthHTTP", "CMicrohttpd": "BerthHTTP", "CZlib": "BerthHTTP BerthImage",
        "CSQLite": "BerthStore", "CHiredis": "BerthCache", "CZstd": "BerthCache BerthHTTP",
        "CVips": "BerthImage", "CQrencode": "BerthChannels", "CYaml": "BerthConfig",
        "COpenSSL": "BerthText", "CEdit": "berth",
    ]
}

extension SourceFile {
    /// The imported modules and the positions of their imports, also in tests.
    private var imports: [(name: String, at: Int)] {
        places(of: ["import"]).compactMap { index in
            guard index + 1 < tokens.count, tokens[index].line == tokens[index + 1].line else {
                return nil
            }
            return (tokens[index + 1].text, index)
        }
    }

    var downwardImports: [Finding] {
        guard path.hasPrefix("Sources/"), target.lowercased().hasPrefix("berth") else { return [] }
        guard let own = House.modules.firstIndex(of: module) else {
            return [
                finding(
                    1,
                    "\(module) is not in the order of the modules: add it to House.modules"
                )
            ]
        }
        return imports.compactMap { name, index in
            guard let other = House.modules.firstIndex(of: name), other > own else { return nil }
            return finding(
                tokens[index].line,
                "\(module) stands above \(name): move what it needs up, or pass it in as a closure"
            )
        }
    }

    var strayCImports: [Finding] {
        imports.compactMap { name, index in
            guard let owners = House.owners[name] else { return nil }
            let line = tokens[index].line
            if !owners.split(separator: " ").contains(Substring(module)) {
                return finding(line, "\(name) belongs to \(owners): use what it offers")
            }
            guard index > 0, tokens[index - 1].is("package") || tokens[index - 1].is("public")
            else { return nil }
            return finding(
                line,
                "C types stay inside their wrapper: import \(name) without 'package'"
            )
        }
    }

    var straySQL: [Finding] {
        guard isSwift, module != "BerthStore", module != "Tidy" else { return [] }
        return tokens.filter { $0.kind == .string && SourceFile.isSQL($0.text) }.map {
            finding($0.line, "SQL outside BerthStore: make it a verb of Store there")
        }
    }

    var strayAnswers: [Finding] {
        let readers: Set = ["BerthProviders", "BerthChannels", "BerthSimulation"]
        guard isSwift, path.hasPrefix("Sources/"), !readers.contains(module) else { return [] }
        return tokens.filter { $0.kind == .string && $0.text == "choices" }.map {
            finding($0.line, "an answer's JSON: read what you need in ChatCompletion or RawPiece")
        }
    }

    var strayForwardedAddresses: [Finding] {
        guard isSwift, path.hasPrefix("Sources/"), !path.hasSuffix("/TrustedProxies.swift") else {
            return []
        }
        let fields: Set = ["x-forwarded-for", "forwarded", "x-real-ip"]
        return tokens.filter { $0.kind == .string && fields.contains($0.text.lowercased()) }.map {
            finding($0.line, "a forwarded address: HTTPRequest.peer is the client's")
        }
    }

    private static func isSQL(_ text: String) -> Bool {
        let words = text.split { !$0.isLetter && $0 != "_" }
        return words.indices.contains { index in
            let next = index + 1 < words.count ? words[index + 1] : ""
            switch words[index] {
            case "SELECT", "PRAGMA": return true
            case "INSERT": return next == "INTO" || next == "OR"
            case "DELETE": return next == "FROM"
            case "UPDATE": return words[index...].contains("SET")
            case "CREATE", "DROP", "ALTER": return ["TABLE", "INDEX", "UNIQUE"].contains(next)
            case "INTO": return words[index...].contains("VALUES")
            default: return false
            }
        }
    }
}
