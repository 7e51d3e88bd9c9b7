import BerthBot
import BerthText

/// The menu of commands that Telegram's clients offer.
extension TelegramClient {
    /// Stores the commands that clients offer in chats of `language`, or in all others if it is
    /// nil.
    ///
    /// - Parameters:
    ///   - commands: at most 100 commands.
    ///   - language: a code of two letters.
    /// - Throws: ``TelegramFailure``.
    package func setCommands(
        _ commands: [TelegramCommand],
        language: String?
    ) async throws(TelegramFailure) {
        var arguments = TelegramArguments()
        let list = commands.map { command in
            TelegramArguments.object([
                ("command", JSON.quote(command.name)), ("description", JSON.quote(command.says)),
            ])
        }
        arguments.add("commands", json: TelegramArguments.list(list))
        arguments.add("language_code", language)
        try await call("setMyCommands", arguments)
    }

    /// Returns the stored commands for chats of `language`, or for all others if it is nil.
    package func commands(
        language: String?
    ) async throws(TelegramFailure) -> [TelegramCommand] {
        var arguments = TelegramArguments()
        arguments.add("language_code", language)
        let answer = try await call("getMyCommands", arguments)
        guard let elements = answer.elements("result") else { throw Self.strange }
        return elements.compactMap { element in
            let object = answer.object(at: element)
            guard let name = object?.word("command"),
                let says = object?.word("description", most: 1024)
            else { return nil }
            return TelegramCommand(name: name, says: says)
        }
    }

    /// Stores the bot's own commands in each of its languages where the server has others.
    ///
    /// Chats in a language that the bot does not speak get the English ones.
    ///
    /// - Returns: the number of languages whose commands were stored.
    /// - Throws: ``TelegramFailure``.
    @discardableResult
    package func updateMenus() async throws(TelegramFailure) -> Int {
        var changes = 0
        for menu in BotCommand.menus {
            let language = menu.language == Language.english.code ? nil : menu.language
            let own = menu.commands.map {
                TelegramCommand(name: $0.name, says: $0.description)
            }
            guard try await commands(language: language) != own else { continue }
            try await setCommands(own, language: language)
            changes += 1
        }
        return changes
    }
}
