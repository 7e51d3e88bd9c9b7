import BerthConfig
import BerthHTTP
import BerthLoop
import BerthText

/// An error as a provider reports it, in whatever form.
///
/// The forms in use: an object `error`, a list around it, `error` as text, `message`, `detail` as
/// text, as a list or as an object, `errors`, FastChat's `error_code`, plain text, a web page, and any of
/// them packed into a text. In an object of another form the first sentences are the reason.
struct UpstreamFault: Equatable {
    /// The reason in the provider's words, without keys; nil if it gave none.
    var reason: String?
    /// The error's code, or nil if it has none.
    var code: String?
    /// The class of the error, or nil if ``FaultTable`` does not have it.
    var kind: FaultKind?
    /// The wait that the body asks for.
    var wait: Duration?
    /// The time until which the body asks to wait.
    var until: Timestamp?
    /// Whether the body is a web page.
    var isPage = false
    /// The member of the request that the error is about.
    private var member: String?

    /// The words by which ``FaultTable`` knows the error.
    private var words: [String] = []
    /// The errors that were found within texts.
    private var unpacked = 0
    /// The HTTP status that the error itself names.
    private(set) var status: Int?

    /// The most bytes of a reason in which its kind and its wait are looked for.
    private static let mostRead = 4096
    /// The most bytes of a page in which its title is looked for.
    private static let mostOfPage = 8 << 10
    /// The most bytes of a word.
    private static let mostWord = 200

    /// Reads the body of an answer with an error status.
    ///
    /// - Parameters:
    ///   - bytes: the body.
    ///   - status: the HTTP status.
    ///   - key: removed from the words, because some providers repeat it.
    init(_ bytes: [UInt8], status: Int, hiding key: Secret?) {
        read(body: bytes[...])
        finish(status: status, hiding: key)
    }

    /// Reads an object that is known to be an error.
    init(_ object: JSONObject, status: Int = 0, hiding key: Secret?) {
        read(whole: object)
        finish(status: status, hiding: key)
    }

    /// Reads text that is known to be an error.
    init(text: [UInt8], hiding key: Secret?) {
        read(body: text[...])
        finish(status: 0, hiding: key)
    }

    private mutating func finish(status: Int, hiding key: Secret?) {
        let known = status == 0 || status == 200 ? self.status ?? 0 : status
        let start = reason?.cut(toBytes: UpstreamFault.mostRead) ?? ""
        kind = FaultTable.kind(status: known, words: words, message: start)
        nameMember()
        wait = wait ?? RetryAfter.inWords(start)
        // A wait counts for a refusal that passes. The reason of another one may be the caller's text.
        if known == 429 || known == 408 || known >= 500 || kind == .rateLimited
            || kind == .overloaded
        {
            until = until ?? RetryAfter.dateInWords(start)
        }
        reason = reason.map { ForeignWords.harmless($0, hiding: key) }
            .flatMap { $0.isEmpty ? nil : $0 }
        code = code.map { ForeignWords.harmless($0, hiding: key) }
    }

    /// Puts the member of the request before a reason that does not name it.
    private mutating func nameMember() {
        guard let member, reason.map({ Array($0.utf8).offset(of: member) != nil }) != true else {
            return
        }
        reason = "\(member): \(reason ?? code ?? "it is refused")"
    }

    // MARK: Finding an error in an answer

    /// Finds the error in a chunk or an answer.
    ///
    /// - Parameters:
    ///   - object: the chunk or the answer.
    ///   - isNamed: whether the event's name says that it is an error.
    ///   - key: removed from the words.
    /// - Returns: the error, or nil if there is none.
    static func find(
        in object: JSONObject,
        isNamed: Bool = false,
        hiding key: Secret?
    ) -> UpstreamFault? {
        // Most chunks have choices and none of the errors.
        if !isNamed, object.has("choices"), !object.mayHave("error") { return nil }
        if isNamed || hasError(object) { return UpstreamFault(object, hiding: key) }
        // Groq has the errors of a stream in a member of its own.
        if let groq = object.object("x_groq"), namesError(groq) {
            return UpstreamFault(groq, hiding: key)
        }
        for range in object.elements("choices")?.prefix(8) ?? [] {
            guard let choice = object.object(at: range), namesError(choice) else { continue }
            return UpstreamFault(choice, hiding: key)
        }
        return nil
    }

    private static func namesError(_ object: JSONObject) -> Bool {
        object.value("error").map { isSomething($0) } ?? false
    }

    private static func hasError(_ object: JSONObject) -> Bool {
        if object.value("error") != nil { return namesError(object) }
        guard !object.has("choices"), !object.has("content") else { return false }
        // Cloudflare and GraphQL have a list of errors, and MiniMax a status.
        if object.value("errors").map({ isSomething($0) }) ?? false { return true }
        if object.boolean("success") == false { return true }
        if (object.object("base_resp")?.integer("status_code") ?? 0) != 0 { return true }
        if let code = object.value("error_code") { return isSomething(code) }
        if object.word("object") == "error" || object.has("detail") { return true }
        return object.has("message") && object.has("code") && !object.has("delta")
    }

    /// Whether a value is more than null, false, 0, "" or {}, as openai-python tells an error.
    private static func isSomething(_ value: ArraySlice<UInt8>) -> Bool {
        switch value.first {
        case UInt8(ascii: "n"), UInt8(ascii: "f"): false
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            !value.dropFirst().dropLast().allSatisfy { isSpace($0) }
        case UInt8(ascii: "\""): value.count > 2
        case UInt8(ascii: "t"): true
        // A number, which is zero if it has no other digit before its exponent.
        default:
            value.prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains { (0x31...0x39).contains($0) }
        }
    }

    // MARK: Bodies

    private mutating func read(body bytes: ArraySlice<UInt8>) {
        let bytes = TextEncoding.utf8(bytes).drop { UpstreamFault.isSpace($0) }
        switch bytes.first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
            // A body that is cut off, or has something glued to it, is text like any other.
            if bytes.first == UInt8(ascii: "{"), let object = try? JSONObject(answer: Array(bytes))
            {
                read(whole: object)
            } else if let object = UpstreamFault.wrapped(bytes) {
                read(whole: object)
            } else {
                say(UpstreamFault.line(bytes))
            }
        case UInt8(ascii: "<"): read(page: bytes)
        case nil: break
        default:
            if ["data:", "event:", ":"].contains(where: { bytes.starts(with: $0.utf8) }) {
                read(events: Array(bytes))
            } else {
                say(UpstreamFault.line(bytes))
            }
        }
    }

    private static func wrapped(_ value: ArraySlice<UInt8>) -> JSONObject? {
        try? JSONObject(answer: Array(#"{"error":"#.utf8) + value + Array("}".utf8))
    }

    private mutating func read(events bytes: [UInt8]) {
        var parser = SSEParser()
        var events = (try? parser.feed(bytes)) ?? []
        if let last = parser.finish() { events.append(last) }
        if let first = events.first(where: { !$0.data.isEmpty }) { read(body: first.data[...]) }
    }

    /// Reads the title of a web page, or else its text.
    private mutating func read(page bytes: ArraySlice<UInt8>) {
        let text = Array(bytes.prefix(UpstreamFault.mostOfPage))
        let small = text.smallLetters
        // Storage servers have their errors in XML.
        isPage = !small.starts(with: "<?xml".utf8) || small.offset(of: "<html") != nil
        for tag in ["title", "h1", "body"] {
            guard let open = small.offset(of: "<\(tag)"),
                let start = small.offset(of: ">", from: open)
            else { continue }
            let end = small.offset(of: "</\(tag)", from: start) ?? text.count
            let words = UpstreamFault.words(ofMarkup: text[(start + 1)..<end])
            guard !words.isEmpty else { continue }
            reason = words
            return
        }
        let words = UpstreamFault.words(ofMarkup: text[...])
        if !words.isEmpty { reason = words }
    }

    private static func words(ofMarkup bytes: ArraySlice<UInt8>) -> String {
        var (words, isTag) = ([UInt8](), false)
        for byte in bytes.prefix(mostRead) {
            if byte == UInt8(ascii: "<") { isTag = true }
            if !isTag { words.append(byte) }
            guard byte == UInt8(ascii: ">") else { continue }
            isTag = false
            words.append(0x20)
        }
        return line(withoutEntities(words)[...])
    }

    private static func withoutEntities(_ text: [UInt8]) -> [UInt8] {
        var (out, at) = ([UInt8](), 0)
        while at < text.count {
            let entity =
                text[at] == UInt8(ascii: "&")
                ? entities.first { text[at...].starts(with: $0.key.utf8) } : nil
            out.append(entity?.value ?? text[at])
            at += entity?.key.utf8.count ?? 1
        }
        return out
    }

    private static let entities: KeyValuePairs = [
        "&lt;": UInt8(ascii: "<"), "&gt;": UInt8(ascii: ">"), "&quot;": UInt8(ascii: "\""),
        "&amp;": UInt8(ascii: "&"),
    ]

    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(2000), as: UTF8.self)
        return text.unicodeScalars.split(whereSeparator: \.isSpace).map { String($0) }
            .joined(separator: " ")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}

extension UpstreamFault {
    // MARK: Objects

    /// The members that hold an error or its message, the most telling first.
    private static let places = [
        "error", "message", "msg", "detail", "errors", "error_description", "error_msg",
        "error_message", "reason", "title", "text",
    ]
    /// The members that hold a word of the error.
    private static let names = [
        "code", "type", "error_code", "status", "error_type", "reason",
    ]

    /// The members that hold an HTTP status, as a number or as text.
    private static let numbers = [
        "code", "error_code", "status", "status_code", "statusCode", "http_status",
    ]

    /// The members that name the refused member of the request.
    private static let members = ["param", "parameter", "field"]

    /// Reads a body that is an object.
    fileprivate mutating func read(whole object: JSONObject) {
        read(object)
        guard reason == nil else { return }
        let found = ForeignText.words(in: object)
        for label in found.labels { add(label) }
        say(found.sentences.isEmpty ? nil : found.sentences.joined(separator: "; "))
    }

    /// Reads an error object, and the objects within it.
    fileprivate mutating func read(_ object: JSONObject, depth: Int = 0) {
        for place in UpstreamFault.places {
            guard let value = object.value(place) else { continue }
            read(value, at: place, of: object, depth)
        }
        for name in UpstreamFault.names { add(object.string(name)) }
        for name in UpstreamFault.members where member == nil {
            member = object.word(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        for name in UpstreamFault.numbers {
            let digits = object.word(name, most: 3).flatMap { Int($0) }
            let number = object.integer(name) ?? digits ?? 0
            if (400...599).contains(number) { status = status ?? number }
            guard ["code", "error_code"].contains(name), code == nil else { continue }
            code = object.string(name) ?? (number == 0 ? nil : "\(number)")
        }
        if let inner = object.object("innererror") ?? object.object("metadata"), depth < 4 {
            read(inner, depth: depth + 1)
        }
        if let raw = object.object("metadata")?.string("raw"), !raw.isEmpty, depth < 4 {
            let own = reason
            reason = nil
            say(raw)
            reason = [own, reason].compactMap(\.self).joined(separator: ": ")
        }
        readDetails(object)
    }

    private mutating func read(
        _ value: ArraySlice<UInt8>,
        at place: String,
        of object: JSONObject,
        _ depth: Int
    ) {
        guard depth < 4 else { return }
        switch value.first {
        case UInt8(ascii: "\""):
            // A short `error` beside a `message` is a name of the error.
            if place == "error", object.string("message")?.isEmpty == false {
                return add(object.string(place))
            }
            say(object.string(place))
        case UInt8(ascii: "{"):
            if let inner = object.object(place) { read(inner, depth: depth + 1) }
        case UInt8(ascii: "["):
            for range in object.elements(place)?.prefix(3) ?? [] {
                if let inner = object.object(at: range) {
                    read(item: inner, depth)
                } else if object.bytes[range].first == UInt8(ascii: "\"") {
                    say(JSONObject.text(object.bytes[range]), more: true)
                }
            }
        default: break
        }
    }

    /// Reads an element of a list: an error, or a fault at a place in the request (FastAPI).
    private mutating func read(item: JSONObject, _ depth: Int) {
        guard let words = item.string("msg") ?? item.string("message") else {
            return read(item, depth: depth + 1)
        }
        let elements = item.elements("loc") ?? []
        let place = elements.prefix(8).map { range -> String in
            let value = item.bytes[range]
            return value.first == UInt8(ascii: "\"")
                ? JSONObject.text(value) : String(decoding: value, as: UTF8.self)
        }
        say(place.isEmpty ? words : "\(place.joined(separator: ".")): \(words)", more: true)
        for name in UpstreamFault.names { add(item.string(name)) }
        readDetails(item)
    }

    /// Reads Google's `details`: the wait of a `RetryInfo` and the reason of an `ErrorInfo`.
    ///
    /// Anthropic has an object there.
    private mutating func readDetails(_ object: JSONObject) {
        if let details = object.object("details") {
            add(details.string("error_code"))
            code = code ?? details.string("error_code")
        }
        for range in object.elements("details")?.prefix(16) ?? [] {
            guard let detail = object.object(at: range) else { continue }
            if let delay = detail.string("retryDelay") { wait = RetryAfter.duration(delay) ?? wait }
            add(detail.string("reason"))
            if let metadata = detail.object("metadata") { readWaits(metadata) }
        }
        readWaits(object)
    }

    /// Takes words as the reason, if there is none or if they are one of several.
    private mutating func say(_ words: String?, more: Bool = false) {
        guard let words, !words.isEmpty, reason == nil || more else { return }
        let before = reason
        reason = nil
        if !unpack(words) { reason = words }
        reason = [before, reason].compactMap(\.self).joined(separator: "; ")
    }

    /// Takes the reason from an error within `words`.
    ///
    /// - Returns: whether there is one.
    private mutating func unpack(_ words: String) -> Bool {
        guard unpacked < 3, let packed = ForeignText.packed(in: words) else { return false }
        unpacked += 1
        read(whole: packed.object)
        guard let inner = reason else { return false }
        let start = packed.before.isEmpty ? inner : "\(packed.before): \(inner)"
        reason = packed.after.isEmpty ? start : "\(start); \(packed.after)"
        return true
    }

    private mutating func add(_ word: String?) {
        guard let word, !word.isEmpty, word.utf8.count <= UpstreamFault.mostWord,
            !words.contains(word), words.count < 12
        else { return }
        words.append(word)
    }
}
