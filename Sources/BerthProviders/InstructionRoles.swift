import BerthConfig
import BerthText

/// The messages of a request whose instructions have a role that the server takes.
enum InstructionRoles {
    /// The messages as a JSON list, or nil if they need no change.
    ///
    /// Of the names `developer` and `system` the server may know one. Berth's own instruction goes
    /// into the question if it knows none.
    static func messages(of request: JSONObject, _ quirks: Quirks, isOwn: Bool) -> [UInt8]? {
        guard let messages = request.elements("messages") else { return nil }
        let list: [[UInt8]]?
        switch (quirks.lacks(.developer), quirks.lacks(.system)) {
        case (true, false): list = renamed("developer", to: "system", in: messages, of: request)
        case (false, true): list = renamed("system", to: "developer", in: messages, of: request)
        case (true, true): list = isOwn ? joined(messages, of: request) : nil
        case (false, false): list = nil
        }
        return list.map { list in
            [UInt8(ascii: "[")] + list.joined(separator: [UInt8(ascii: ",")])
                + [UInt8(ascii: "]")]
        }
    }

    private static func renamed(
        _ role: String,
        to other: String,
        in messages: [Range<Int>],
        of request: JSONObject
    ) -> [[UInt8]]? {
        var isChanged = false
        let list = messages.map { range -> [UInt8] in
            guard let message = request.object(at: range), message.word("role") == role else {
                return Array(request.bytes[range])
            }
            isChanged = true
            return message.setting(["role": JSON.quote(other)])
        }
        return isChanged ? list : nil
    }

    /// The messages without instructions, whose texts stand before that of the first question.
    private static func joined(_ messages: [Range<Int>], of request: JSONObject) -> [[UInt8]]? {
        var instruction = ""
        var list: [[UInt8]] = []
        for range in messages {
            let message = request.object(at: range)
            let role = message?.word("role") ?? ""
            if ["developer", "system"].contains(role), let text = message?.string("content") {
                instruction += text + "\n\n"
            } else if role == "user", !instruction.isEmpty, let text = message?.string("content") {
                list.append(message?.setting(["content": JSON.quote(instruction + text)]) ?? [])
                instruction = ""
            } else {
                list.append(Array(request.bytes[range]))
            }
        }
        return list.count == messages.count ? nil : list
    }
}
