import BerthText

/// The arguments of a call of the Bot API, which become JSON or a form.
struct TelegramArguments {
    private enum Value {
        case text(String)
        /// A number, a truth value, a list or an object.
        case json([UInt8])

        var json: [UInt8] {
            switch self {
            case .text(let text): JSON.quote(text)
            case .json(let bytes): bytes
            }
        }

        /// The text of a field of a form, in which a nested value is JSON.
        var field: [UInt8] {
            switch self {
            case .text(let text): Array(text.utf8)
            case .json(let bytes): bytes
            }
        }
    }

    private var members: [(name: String, value: Value)] = []

    mutating func add(_ name: String, _ text: String?) {
        if let text { members.append((name, .text(text))) }
    }

    mutating func add(_ name: String, _ number: Int?) {
        if let number { members.append((name, .json(Array("\(number)".utf8)))) }
    }

    /// Adds a truth value if it is true, since every one of them is false by default.
    mutating func add(_ name: String, ifTrue isTrue: Bool) {
        if isTrue { add(name, json: Array("true".utf8)) }
    }

    mutating func add(_ name: String, json bytes: [UInt8]) { members.append((name, .json(bytes))) }

    mutating func add(_ name: String, words: [String]) {
        add(name, json: Self.list(words.map { JSON.quote($0) }))
    }

    /// Adds a message's text under `name` and its formats under `formats`.
    mutating func add(_ part: TelegramPart, as name: String, formats: String) {
        add(name, part.text)
        guard !part.entities.isEmpty, let json = try? JSON.encode(part.entities) else { return }
        add(formats, json: json)
    }

    mutating func add(_ place: TelegramTarget) {
        add("chat_id", place.chat)
        add("message_thread_id", place.topic)
        guard let reply = place.replyTo else { return }
        add(
            "reply_parameters",
            json: Self.object([
                ("message_id", Array("\(reply)".utf8)),
                ("allow_sending_without_reply", Array("true".utf8)),
            ])
        )
    }

    /// Adds the rows of buttons under a message; none removes them from an edited message.
    mutating func add(_ rows: [[TelegramButton]]) {
        guard !rows.isEmpty else { return }
        let json = rows.map { row in
            Self.list(
                row.map { button in
                    Self.object([
                        ("text", JSON.quote(button.text)),
                        ("callback_data", JSON.quote(button.data)),
                    ])
                }
            )
        }
        add("reply_markup", json: Self.object([("inline_keyboard", Self.list(json))]))
    }

    /// The arguments as one JSON object.
    var json: [UInt8] { Self.object(members.map { ($0.name, $0.value.json) }) }

    /// The arguments as the fields of a form, before its files.
    func form(_ boundary: String) -> [UInt8] {
        var out: [UInt8] = []
        for (name, value) in members {
            out += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8
            out += value.field
            out += "\r\n".utf8
        }
        return out
    }

    static func object(_ members: [(String, [UInt8])]) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        for (name, value) in members {
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            JSON.quote(name, onto: &out)
            out.append(UInt8(ascii: ":"))
            out += value
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    static func list(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(elements.joined(separator: ",".utf8)) + [UInt8(ascii: "]")]
    }
}
