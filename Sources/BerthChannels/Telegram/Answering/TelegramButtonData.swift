import BerthStore

/// The data of a button, which any client can forge.
///
/// It names rows and gives no right to them.
enum TelegramButtonData: Equatable, Sendable {
    /// Ends the turn that is being answered in the chat.
    case stop
    /// Asks the message of a turn again.
    case again(Turn.ID)
    /// Asks for the rest of a turn's answer.
    case goOn(Turn.ID)
    /// Sends the answer of a turn, or its pictures, as files.
    case file(Turn.ID)
    /// Deletes the pictures of a turn.
    case delete(Turn.ID)
    /// The operator lets a person in, or not.
    case decide(AccessRequest.ID, approves: Bool)

    /// The text, of at most 22 bytes.
    var text: String {
        switch self {
        case .stop: "s"
        case .again(let turn): "a:\(turn)"
        case .goOn(let turn): "c:\(turn)"
        case .file(let turn): "f:\(turn)"
        case .delete(let turn): "d:\(turn)"
        case .decide(let request, let approves): "\(approves ? "y" : "n"):\(request)"
        }
    }

    /// Reads the data of a press, or returns nil if Berth has not made it.
    init?(_ text: String) {
        guard text.utf8.count <= TelegramButton.mostData else { return nil }
        if text == "s" {
            self = .stop
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[1]), number > 0 else { return nil }
        switch parts[0] {
        case "a": self = .again(Turn.ID(number))
        case "c": self = .goOn(Turn.ID(number))
        case "f": self = .file(Turn.ID(number))
        case "d": self = .delete(Turn.ID(number))
        case "y", "n": self = .decide(AccessRequest.ID(number), approves: parts[0] == "y")
        default: return nil
        }
    }
}
