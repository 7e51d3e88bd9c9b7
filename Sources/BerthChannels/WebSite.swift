import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The web chat: its page, the login that leads to it, and its conversations.
@Loop final class WebSite: Channel {
    nonisolated let name = ChannelName.web
    let bot: Bot
    private let url: String
    let hosts: HostGuard
    let attempts: AttemptLimit
    let surroundings: Surroundings

    /// Makes the site.
    ///
    /// - Parameters:
    ///   - bot: knows the tenants and their logins.
    ///   - url: the address that people use, for links to shared conversations.
    ///   - hosts: checks the origin of a request that changes state.
    ///   - surroundings: their clock limits the login attempts.
    init(bot: Bot, url: WebURL, hosts: HostGuard, in surroundings: Surroundings) {
        self.bot = bot
        self.url = url.description
        self.hosts = hosts
        self.surroundings = surroundings
        attempts = AttemptLimit(perMinute: 10, in: surroundings)
    }

    static nonisolated let cookie = "berth_login"
    static nonisolated let cookieAge = 90 * 86400

    var routes: [Route] {
        [
            Route("GET", "/") { request, _ in
                WebSite.page(WebFiles.page, in: self.language(of: request))
            },
            Route("GET", "/web/chat.css") { _, _ in
                WebSite.file(WebFiles.style, "text/css; charset=utf-8")
            },
            Route("GET", "/web/icon.svg") { _, _ in WebSite.file(WebFiles.icon, "image/svg+xml") },
            Route("GET", "/web/app.webmanifest") { _, _ in
                WebSite.file(WebFiles.manifest, "application/manifest+json")
            },
            Route("GET", "/web/app-180.png") { _, _ in
                WebSite.file(WebFiles.smallIcon, "image/png")
            },
            Route("GET", "/web/app-512.png") { _, _ in
                WebSite.file(WebFiles.largeIcon, "image/png")
            },
            Route("GET", "/web/katex.js") { _, _ in WebSite.library(WebFiles.writeKaTeX) },
            Route("GET", "/web/highlight.js") { _, _ in
                WebSite.library(WebFiles.writeHighlight)
            },
            Route("GET", "/favicon.ico") { _, _ in HTTPResponse(status: 204) },
            Route("GET", "/login") { request, _ in
                WebSite.loginPage(
                    token: request.query("token") ?? "",
                    in: self.language(of: request)
                )
            },
            Route("POST", "/login") { request, _ in await self.login(request) },
            Route("POST", "/logout") { request, _ in await self.logout(request) },
        ] + WebSite.scripts + passkeyRoutes + conversations.routes + files.routes + shared.routes
    }

    /// The conversations of a tenant who is logged in.
    private var conversations: WebChannel {
        WebChannel(bot: bot, in: surroundings, name: name, prefix: "/web", url: url) {
            (request) throws(BotError) in
            try self.credential(of: request)
        }
    }

    /// The files of a tenant who is logged in, and those of signed links.
    private var files: FileSite {
        FileSite(bot: bot, in: surroundings) { (request) throws(BotError) in
            try self.credential(of: request)
        }
    }

    /// The conversations that anybody may read who has their link.
    private var shared: SharedSite { SharedSite(bot: bot, files: files, in: surroundings) }

    private static var scripts: [Route] {
        WebFiles.scripts.map { name, source in
            let bytes = WebFiles.compact(source)
            return Route("GET", "/web/\(name)") { _, _ in
                WebSite.file(bytes, "text/javascript; charset=utf-8")
            }
        }
    }

    /// The credential of a request with the site's cookie, or nil if there is none in force.
    ///
    /// - Throws: ``BotError/foreignOrigin`` if a request that changes state was sent by another
    ///   site.
    func credential(of request: HTTPRequest) throws(BotError) -> Credential? {
        guard let cookie = WebSite.cookie(of: request) else { return nil }
        let changesState = request.method != "GET" && request.method != "HEAD"
        if changesState, !hosts.allowsOrigin(request.headers) { throw .foreignOrigin }
        return bot.access.credential(ofCookie: cookie)
    }

    // MARK: Login

    private func login(_ request: HTTPRequest) async -> HTTPResponse {
        guard hosts.allowsOrigin(request.headers) else { return HTTPResponse(.foreignOrigin) }
        let language = request.language ?? .english
        guard attempts.allows(request.peer) else {
            let words = Phrase(.loginTooOften).text(in: language)
            return WebSite.loginPage(message: words, in: language, status: 429)
        }
        do {
            let token = try await formToken(of: request)
            let device = BrowserName.of(request.headers["user-agent"])
            guard let cookie = try await bot.access.login(token: token, on: device) else {
                // People tap an old link again, in a browser that is logged in.
                if try credential(of: request) != nil {
                    return HTTPResponse(status: 303, headers: ["location": "/"])
                }
                attempts.failed(request.peer)
                return WebSite.refusedLogin(token, in: language)
            }
            return HTTPResponse(
                status: 303,
                headers: [
                    "location": "/",
                    "set-cookie": cookieField(cookie, age: WebSite.cookieAge, for: request),
                ]
            )
        } catch { return HTTPResponse(error, in: language) }
    }

    private func logout(_ request: HTTPRequest) async -> HTTPResponse {
        guard hosts.allowsOrigin(request.headers) else { return HTTPResponse(.foreignOrigin) }
        do {
            if let cookie = WebSite.cookie(of: request) {
                try await bot.access.logout(cookie: cookie)
            }
            return HTTPResponse(
                status: 204,
                headers: ["set-cookie": cookieField("", age: 0, for: request)]
            )
        } catch { return HTTPResponse(error, in: request.language ?? .english) }
    }

    func cookieField(_ value: String, age: Int, for request: HTTPRequest) -> String {
        let isSecure = hosts.wantsSecureCookie(request.headers)
        return "\(WebSite.cookie)=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    private func formToken(of request: HTTPRequest) async throws(BotError) -> String {
        let bytes: [UInt8]
        do { bytes = try await request.body.collect(atMost: .kibibytes(4)) } catch {
            if case .bodyTooLarge(let limit) = error { throw .bodyTooLarge(limit: limit) }
            throw .body(error.description)
        }
        // A token is base64url, so nothing in its field is percent-encoded.
        for field in String(decoding: bytes, as: UTF8.self).split(separator: "&")
        where field.hasPrefix("token=") {
            return String(field.dropFirst("token=".count))
        }
        return ""
    }

    private static func cookie(of request: HTTPRequest) -> String? {
        for field in request.headers.all("cookie") {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(cookie + "=") {
                    return String(pair.dropFirst(cookie.utf8.count + 1))
                }
            }
        }
        return nil
    }

    // MARK: Pages

    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "manifest-src 'self'",
        "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    /// A library changes with the program only, so a browser keeps it for a day without asking.
    private static func library(
        _ write: @escaping @Loop @Sendable (HTTPResponseWriter) async throws -> Void
    ) -> HTTPResponse {
        var response = file([], "text/javascript; charset=utf-8")
        response.headers["cache-control"] = "public, max-age=86400"
        response.body = .stream(write)
        return response
    }

    static func file(_ bytes: [UInt8], _ type: String) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: [
                "content-type": type, "cache-control": "no-cache",
                "content-security-policy": policy, "referrer-policy": "no-referrer",
                "x-content-type-options": "nosniff", "x-frame-options": "DENY",
            ],
            body: .bytes(bytes)
        )
    }

    /// The page of a link, or the page that asks for a code if there is neither a token nor a
    /// message.
    private static func loginPage(
        token: String = "",
        message: String = "",
        in language: Language,
        status: Int = 200
    ) -> HTTPResponse {
        let source = token.isEmpty && message.isEmpty ? WebFiles.code : WebFiles.login
        var response = page(source, in: language, ["token": token, "message": message])
        response.headers["cache-control"] = "no-store"
        response.status = status
        return response
    }

    /// The answer to a token that logs nobody in.
    ///
    /// A text as short as a code is asked for again.
    private static func refusedLogin(_ token: String, in language: Language) -> HTTPResponse {
        guard token.utf8.count <= 30 else {
            let words = Phrase(.loginLinkUsed).text(in: language)
            return loginPage(message: words, in: language, status: 403)
        }
        let words = Phrase(.loginCodeWrong).text(in: language)
        var response = page(WebFiles.code, in: language, ["message": words])
        response.headers["cache-control"] = "no-store"
        response.status = 403
        return response
    }

    /// A page in a language, with `values` in the places of their names.
    static func page(
        _ source: [UInt8],
        in language: Language,
        _ values: [String: String] = [:]
    ) -> HTTPResponse {
        let bytes = PageTemplate(source).page(in: language, values)
        var response = file(bytes, "text/html; charset=utf-8")
        response.headers["content-language"] = language.code
        response.headers["vary"] = "accept-language, cookie"
        return response
    }

    /// The language of a page: the one that its reader has chosen, else the browser's.
    private func language(of request: HTTPRequest) -> Language {
        let reader = (try? credential(of: request))?.tenant
        return reader?.chosenLanguage ?? request.language ?? reader?.language ?? .english
    }
}
