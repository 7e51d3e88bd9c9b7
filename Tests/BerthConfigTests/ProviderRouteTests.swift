import Testing

@testable import BerthConfig

@Suite struct ProviderRouteTests {
    @Test(arguments: [
        Case("proxy.example:3128", "http://proxy.example:3128"),
        Case("http://Proxy.example", "http://proxy.example:80"),
        Case("https://[::1]/", "https://[::1]:443"),
        Case("socks5://10.0.0.1", "socks5h://10.0.0.1:1080"),
        Case("http://ann:pa:ss@proxy.example:8080/", "http://***@proxy.example:8080"),
        Case("ftp://proxy.example", "-"), Case("http://proxy.example/path", "-"), Case("", "-"),
        Case("http://", "-"), Case("http://a b", "-"), Case("http://h:0", "-"),
        Case("http://h:99999", "-"),
    ])
    func `a proxy's address prints without its login`(_ row: Case) {
        #expect(ProxyAddress(row.text)?.description ?? "-" == row.expected)
    }

    @Test func `the client gets the login`() throws {
        let proxy = try #require(ProxyAddress("http://ann:secret@proxy.example:8080"))
        #expect(proxy.url.reveal() == "http://ann:secret@proxy.example:8080")
    }

    @Test(
        arguments: [
            (["http_proxy": "p:1"], "http://api.example/v1", "http://p:1"),
            (["HTTP_PROXY": "p:1"], "http://api.example/v1", "http://p:1"),
            (["http_proxy": "p:1"], "https://api.example/v1", "-"),
            (["HTTPS_PROXY": "p:2", "ALL_PROXY": "p:3"], "https://api.example", "http://p:2"),
            (["all_proxy": "socks5h://p"], "https://api.example", "socks5h://p:1080"),
            (["http_proxy": ""], "http://api.example", "-"),
            (["ALL_PROXY": "p:3"], "http://127.0.0.1:11434", "-"),
            (["ALL_PROXY": "p:3"], "http://localhost:11434", "-"),
            (["ALL_PROXY": "p:3", "NO_PROXY": "x, .example"], "http://api.example", "-"),
            (["ALL_PROXY": "p:3", "no_proxy": "example"], "http://api.example", "-"),
            (["ALL_PROXY": "p:3", "no_proxy": "ample"], "http://api.example", "http://p:3"),
            (["ALL_PROXY": "p:3", "no_proxy": "*"], "http://api.example", "-"),
            (["ALL_PROXY": "p:3", "no_proxy": "10.0.0.1:80"], "http://10.0.0.1", "-"),
            (["ALL_PROXY": "p:3", "no_proxy": "10.0.0.1:81"], "http://10.0.0.1", "http://p:3"),
        ] as [([String: String], String, String)]
    )
    func `the environment names the proxy of a configured provider`(
        _ variables: [String: String],
        _ url: String,
        _ expected: String
    ) throws {
        let provider = try provider("base_url: \"\(url)\"", variables)
        #expect(provider.proxy?.description ?? "-" == expected)
    }

    @Test func `the configuration's own proxy comes before the environment's`() throws {
        let variables = ["ALL_PROXY": "p:3"]
        let base = "base_url: \"http://api.example\""
        #expect(try provider("\(base), proxy: none", variables).proxy == nil)
        let own = try provider("\(base), proxy: \"q:4\"", variables).proxy
        #expect(own?.description == "http://q:4")
    }

    @Test func `an error never quotes a proxy's password`() {
        let file = "providers: [{ name: p, kind: openai, base_url: \"http://a.example\", proxy: "
        let own = complaint("\(file)\"ftp://ann:secret@p\" }]")
        #expect(own.contains("proxy: this is not none or a proxy's address"))
        let variables = ["http_proxy": "ftp://ann:secret@p"]
        let named = complaint(
            "\(file)\"${X:-}\" }]".replacing(", proxy: \"${X:-}\"", with: ""),
            variables
        )
        #expect(named.contains("the environment variable http_proxy is not a proxy's address"))
        #expect(!(own + named).contains("secret"))
    }

    @Test func `authorities come from the file, else from the environment`() throws {
        let variables = ["SSL_CERT_FILE": "/b", "CURL_CA_BUNDLE": "/a"]
        let base = "base_url: \"https://api.example\""
        #expect(try provider(base, variables).caFile == "/a")
        let own = try provider("\(base), ca_file: /etc/hostname", variables).caFile
        #expect(own == "/etc/hostname")
        #expect(try provider(base, [:]).caFile == nil)
        let folder = try provider(base, ["SSL_CERT_DIR": "/c"])
        #expect(folder.caFile == nil && folder.caFolder == "/c")
    }

    @Test func `a variable that names the system's own file hides no other one`() throws {
        let base = "base_url: \"https://api.example\""
        let usual = "/etc/ssl/certs/ca-certificates.crt"
        var variables = ["CURL_CA_BUNDLE": usual, "SSL_CERT_FILE": "/b"]
        #expect(try provider(base, variables).caFile == "/b")
        variables = ["CURL_CA_BUNDLE": usual, "SSL_CERT_FILE": usual, "SSL_CERT_DIR": "/c"]
        let folder = try provider(base, variables)
        #expect(folder.caFile == nil && folder.caFolder == "/c")
    }

    @Test(arguments: [
        ("/etc/ssl/certs", nil), ("/etc/ssl/certs/", nil), ("", nil), (":", nil), ("/c", "/c"),
        ("/etc/ssl/certs:/c", "/c"), ("/c:/etc/ssl/certs/:/d", "/c:/d"),
        ("/etc/ssl/certs-own", "/etc/ssl/certs-own"),
    ])
    func `the system's own folder adds nothing, and would cost memory`(
        folders: String,
        kept: String?
    ) throws {
        let base = "base_url: \"https://api.example\""
        #expect(try provider(base, ["SSL_CERT_DIR": folders]).caFolder == kept)
    }

    @Test func `a folder of authorities gives way to a file, which costs less memory`() throws {
        let base = "base_url: \"https://api.example\""
        for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] {
            #expect(try provider(base, [name: "/a", "SSL_CERT_DIR": "/c"]).caFolder == nil)
        }
        let own = try provider("\(base), ca_file: /etc/hostname", ["SSL_CERT_DIR": "/c"])
        #expect(own.caFolder == nil)
        let missing = complaint(
            "providers: [{ name: p, kind: openai, \(base), ca_file: /no/such/file }]"
        )
        #expect(missing.contains("ca_file: '/no/such/file' is not a file that this user can read"))
    }

    private func provider(
        _ members: String,
        _ variables: [String: String]
    ) throws -> Configuration.Provider {
        let text = """
            providers: [{ name: p, kind: openai, api_key: k, \(members) }]
            models: { chat: [{ provider: p, model: m }] }
            """
        return try #require(parse(text, variables).configuration.providers.first)
    }
}
