import BerthHTTP
import BerthLoop
import BerthText

/// A call of the Bot API, with its arguments as text.
///
/// The server keeps every argument as text and parses nested ones later. A body that is not JSON
/// leaves a call without arguments, as it does there.
struct FakeTelegramCall {
    /// The method in lower case.
    let method: String
    private(set) var form = FakePictureForm()

    /// Reads the body of a request, in JSON, as a form or in the query.
    @Loop static func read(_ method: String, _ request: HTTPRequest) async -> FakeTelegramCall {
        var call = FakeTelegramCall(method: method.lowercased())
        let type = request.headers["content-type"] ?? ""
        if type.hasPrefix("application/x-www-form-urlencoded") {
            var bytes: [UInt8] = []
            while let piece = try? await request.body.next() { bytes += piece }
            call.form.fields = FakeTelegramCall.fields(String(decoding: bytes, as: UTF8.self))
        } else if request.body.length != 0, let form = await FakePictureForm.read(request) {
            call.form = form
        }
        for name in FakeTelegramRules.arguments(of: call.method) ?? []
        where call.form.fields[name] == nil {
            call.form.fields[name] = request.query(name)
        }
        return call
    }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for item in text.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[decoded(parts[0])] = parts.count == 2 ? decoded(parts[1]) : ""
        }
        return fields
    }

    private static func decoded(_ text: Substring) -> String {
        var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names of all arguments.
    var names: [String] { form.fields.keys.sorted() }

    /// An argument as text.
    func text(_ name: String) -> String? { form.fields[name] }

    /// An argument as a number.
    func integer(_ name: String) -> Int? { form.fields[name].flatMap { Int($0) } }

    /// Whether an argument is true.
    func isTrue(_ name: String) -> Bool {
        ["true", "yes", "1"].contains(form.fields[name]?.lowercased() ?? "")
    }

    /// An argument as a JSON object.
    func object(_ name: String) -> JSONObject? {
        form.fields[name].flatMap { try? JSONObject(Array($0.utf8)) }
    }

    /// An argument as a list of JSON objects; nil if it is none.
    func objects(_ name: String) -> [JSONObject]? {
        guard let text = form.fields[name],
            let whole = try? JSONObject(Array("{\"v\":\(text)}".utf8)),
            let elements = whole.elements("v")
        else { return nil }
        let objects = elements.compactMap { whole.object(at: $0) }
        return objects.count == elements.count ? objects : nil
    }

    /// The uploaded file of that field's name.
    func file(_ name: String) -> (name: String, kind: String, bytes: Int, head: [UInt8])? {
        form.files.first { $0.name == name }
    }
}

/// A refusal of a call: the status and the description.
struct FakeTelegramRefusal: Error, Equatable {
    let status: Int
    let words: String
    var retryAfter: Int?
    var migratedTo: Int?

    /// A refusal with the status's own beginning, such as `Bad Request: `.
    init(_ status: Int, _ words: String, retryAfter: Int? = nil, migratedTo: Int? = nil) {
        let prefix = [400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "][status] ?? ""
        (self.status, self.words) = (status, prefix + words)
        (self.retryAfter, self.migratedTo) = (retryAfter, migratedTo)
    }

    @Loop var response: HTTPResponse {
        var parameters = retryAfter.map { #","parameters":{"retry_after":\#($0)}"# } ?? ""
        if let migratedTo {
            parameters = #","parameters":{"migrate_to_chat_id":\#(migratedTo)}"#
        }
        let head = #"{"ok":false,"error_code":\#(status),"description":"#
        let json = Array(head.utf8) + JSON.quote(words) + Array("\(parameters)}".utf8)
        var response = HTTPResponse.json(json, status: status)
        if let retryAfter { response.headers["retry-after"] = "\(retryAfter)" }
        return response
    }
}
