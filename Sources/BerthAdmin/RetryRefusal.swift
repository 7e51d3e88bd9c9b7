import BerthText
import BerthWork

/// The reason for which a turn or a part of a reply is not retried or ended, worded for the operator.
struct RetryRefusal: Error, CustomStringConvertible {
    let error: BotError
    let turn: String
    var verb = Verb.retry

    enum Verb { case retry, end }

    var description: String {
        let name = "'\(turn.shortened(toBytes: 64))'"
        let noun = TroubleList.part(turn) == nil ? "turn" : "failed part"
        if verb == .end {
            let (noun, list) =
                turn.hasPrefix(OpenCallInfo.prefix) ? ("API call", "calls") : ("turn", "turns")
            return "there is no \(noun) \(name) that waits or runs: see 'berth queue \(list)'"
        }
        return switch error {
        case .noTurn, .noSession:
            "there is no \(noun) \(name), or it was deleted: see 'berth queue failed'"
        case .sessionBusy:
            "another turn is being answered in the conversation of \(name): try again after it"
        case .suspended:
            "the tenant of \(name) is suspended: resume it first with 'berth tenant resume'"
        default: "\(name) is not retried: \(error.forOperator)"
        }
    }
}
