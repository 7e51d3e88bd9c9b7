import BerthLoop
import BerthText

/// A person who writes to a bot of ``FakeTelegram``.
package struct FakeTelegramPerson: Sendable {
    /// The user's id.
    package var id: Int
    /// The first name.
    package var name: String
    /// The language of the user's client.
    package var language: String

    /// Makes a person.
    package init(id: Int, name: String = "Ann", language: String = "en") {
        (self.id, self.name, self.language) = (id, name, language)
    }

    /// The user as JSON.
    package var json: String {
        #"{"id":\#(id),"is_bot":false,"first_name":\#(FakeTelegramBot.quoted(name)),"#
            + #""language_code":\#(FakeTelegramBot.quoted(language))}"#
    }
}

extension FakeTelegramBot {
    /// A chat as JSON: a private one if its id is positive, else a supergroup.
    package nonisolated static func chat(_ id: Int, name: String = "Ann") -> String {
        id > 0
            ? #"{"id":\#(id),"type":"private","first_name":\#(quoted(name))}"#
            : #"{"id":\#(id),"type":"supergroup","title":"Group"}"#
    }

    /// Brings in a text, in which a command at the start is marked.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - chat: the chat's id.
    ///   - person: the sender.
    ///   - members: further members of the message, such as `,"is_topic_message":true`.
    /// - Returns: the ids of the message and of the update.
    @discardableResult
    package func bring(
        _ text: String,
        in chat: Int,
        from person: FakeTelegramPerson,
        members: String = ""
    ) -> (message: Int, update: Int) {
        let message = newMessage()
        chats[chat]?.refusal = nil
        var json =
            #""message":{"message_id":\#(message),"date":\#(seconds),"#
            + #""chat":\#(Self.chat(chat, name: person.name)),"from":\#(person.json),"#
            + #""text":\#(Self.quoted(text))"#
        if text.hasPrefix("/") {
            let length = text.prefix { !$0.isWhitespace }.utf16.count
            json += #","entities":[{"type":"bot_command","offset":0,"length":\#(length)}]"#
        }
        return (message, bring(json + members + "}", key: chat))
    }

    /// Brings in a press of a button under a message.
    ///
    /// - Returns: the update's id.
    @discardableResult
    package func bring(
        press data: String,
        on message: Int,
        in chat: Int,
        from person: FakeTelegramPerson
    ) -> Int {
        let press = "P\(presses.count + 1)"
        presses[press] = false
        let json =
            #""callback_query":{"id":"\#(press)","from":\#(person.json),"chat_instance":"-7","#
            + #""message":{"message_id":\#(message),"date":0,"chat":\#(Self.chat(chat))},"#
            + #""data":\#(Self.quoted(data))}"#
        return bring(json, key: person.id)
    }
}
