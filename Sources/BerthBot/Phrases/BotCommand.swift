/// A command that the bot takes, as its list and a messenger's menu show it.
package enum BotCommand: String, CaseIterable, Sendable {
    case new
    case model
    case translate
    case image
    case usage
    case files
    case delete
    case stop
    case instructions
    case prompts
    case lang
    case web
    case help

    /// A command of a messenger's menu.
    package struct Entry: Equatable, Sendable {
        /// The name without `/`, of 1 to 32 small letters of ASCII.
        package let name: String
        /// The description, of 1 to 256 characters without Markdown.
        package let description: String
    }

    /// The commands by the codes of the languages that the bot speaks, in the order of their use.
    package static let menus = PhraseTable.all.map { table in
        (
            language: table.language.code,
            commands: allCases.map {
                Entry(name: $0.rawValue, description: table.text($0.description))
            }
        )
    }

    private var description: PlainKey {
        switch self {
        case .new: .commandNew
        case .model: .commandModel
        case .translate: .commandTranslate
        case .image: .commandImage
        case .usage: .commandUsage
        case .files: .commandFiles
        case .delete: .commandDelete
        case .stop: .commandStop
        case .instructions: .commandInstructions
        case .prompts: .commandPrompts
        case .lang: .commandLang
        case .web: .commandWeb
        case .help: .commandHelp
        }
    }

    /// The name of its arguments, or nil if it takes none.
    private var arguments: PlainKey? {
        switch self {
        case .model: .argumentsModel
        case .translate: .argumentsTranslate
        case .image: .argumentsImage
        case .delete: .argumentsDelete
        case .instructions: .argumentsInstructions
        case .lang: .argumentsLang
        case .new, .prompts, .usage, .files, .stop, .web, .help: nil
        }
    }

    /// The list of all commands as a table in Markdown.
    static func help(in table: PhraseTable) -> String {
        let rows = allCases.map { command in
            let arguments = command.arguments.map { " " + table.text($0) } ?? ""
            return "| `/\(command.rawValue)\(arguments)` | \(table.text(command.description)) |"
        }
        return ([table.text(.helpHead)] + rows).joined(separator: "\n")
    }
}
