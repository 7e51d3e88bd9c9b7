import BerthWork

/// The reason for which a turn is not retried, worded for the operator.
struct RetryRefusal: Error, CustomStringConvertible {
    let error: BotError
    let turn: String

    var description: String {
        let name = "'\(turn.prefix(64))'"
        return switch error {
        case .noTurn, .noSession:
            "there is no turn \(name), or it was deleted: see 'berth queue failed'"
        case .sessionBusy:
            "another turn is being answered in the conversation of \(name): try again after it"
        case .suspended:
            "the tenant of \(name) is suspended: resume it first with 'berth tenant resume'"
        default: "\(name) is not retried: \(AdminAPI.words(for: error))"
        }
    }
}
