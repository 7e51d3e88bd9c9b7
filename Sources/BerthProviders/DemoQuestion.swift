import BerthText

/// The last question of a request, as far as the demo reads it.
struct DemoQuestion {
    /// The first ``most`` bytes of its text.
    private(set) var text = ""
    /// The number of pictures that came with it.
    private(set) var pictures = 0

    /// The maximum number of bytes read of a text, which may be long.
    private static let most = 4096

    init(in request: JSONObject) {
        for range in (request.elements("messages") ?? []).reversed() {
            guard let message = request.object(at: range), message.word("role") == "user" else {
                continue
            }
            if let whole = DemoQuestion.start("content", of: message) {
                text = whole
            } else {
                read(message)
            }
            return
        }
    }

    /// Reads a message whose content is a list of parts.
    private mutating func read(_ message: JSONObject) {
        for range in message.elements("content") ?? [] {
            guard let part = message.object(at: range) else { continue }
            if part.has("image_url") { pictures += 1 }
            if text.isEmpty { text = DemoQuestion.start("text", of: part) ?? "" }
        }
    }

    /// The words about its pictures, which follow those about its text.
    var sent: String {
        switch pictures {
        case 0: ""
        case 1: " and sent 1 picture, which the demo cannot see"
        default: " and sent \(pictures) pictures, which the demo cannot see"
        }
    }

    private static func start(_ name: String, of object: JSONObject) -> String? {
        guard object.isString(name), let quoted = object.value(name) else { return nil }
        return JSONObject.text(quoted.prefix(most))
    }
}
