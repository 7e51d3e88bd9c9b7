import BerthMemory
import BerthProviders
import BerthStore

/// The newest exchanges of a window that a prompt has room for.
struct ExchangeSelection {
    private let window: SessionWindow?
    private let exchanges: [Exchange]
    /// The number of exchanges, the newest first.
    private(set) var count = 0
    /// The bytes of exchanges that the prompt has room for.
    private(set) var room = 0
    /// The same beside a usual question, by which a summary is due.
    private(set) var usualRoom = 0
    private var summary: Summary?

    init(_ window: SessionWindow?) {
        self.window = window
        exchanges = window?.exchanges ?? []
    }

    /// Selects the exchanges that fit beside a question into `budget` tokens.
    mutating func fill(_ budget: Int, _ question: Question) {
        let (free, own) = (budget - Prompt.cost(question.system), Prompt.cost(question.text))
        room = Prompt.room(free - own).bytes
        // The next question is seldom as long as one that takes more than a quarter.
        usualRoom = Prompt.room(free - min(own, free / 4)).bytes
        var left = room
        count =
            exchanges.prefix { exchange in
                left -= exchange.size
                return left >= 0
            }
            .count
    }

    /// Takes a summary in the place of the exchanges that are left out, if something is left out
    /// and the summary leaves most of the room to exchanges.
    ///
    /// - Returns: whether it is taken. The selection is then to be filled again.
    mutating func take(_ summary: Summary) -> Bool {
        guard leftOut != nil, 4 * summary.text.utf8.count <= room else { return false }
        self.summary = summary
        return true
    }

    /// The newest turn that is left out.
    var leftOut: (row: Turn.ID, publicID: String)? {
        if count < exchanges.count { return (exchanges[count].turn, exchanges[count].publicID) }
        guard let id = window?.leftOut, let row = window?.leftOutRow else { return nil }
        return (row, id)
    }

    /// Whether the summary covers everything that is left out.
    var isSummarized: Bool {
        guard let leftOut, let summary else { return false }
        return summary.through.value >= leftOut.row.value
    }

    /// Whether a usual question leaves something out that no summary covers, or will soon.
    var isCrowded: Bool {
        let covered = window?.summary?.through.value ?? 0
        if let row = window?.leftOutRow, row.value > covered { return true }
        let open = exchanges.prefix { $0.turn.value > covered }
        return 4 * open.reduce(0) { $0 + $1.size } > 3 * usualRoom
    }
}

extension Exchange {
    /// The bytes of an exchange in a window.
    fileprivate var size: Int {
        text.utf8.count + answer.utf8.count + SessionWindow.perExchange
    }
}
