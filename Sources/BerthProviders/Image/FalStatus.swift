import BerthText

/// The state of a job in fal's queue.
enum FalStatus: Equatable {
    case queued(position: Int?)
    case running(percent: Int?)
    /// The job has ended: with pictures, or with an error that the result repeats.
    case ended(hasFailed: Bool)

    /// Reads a status.
    ///
    /// A word that is not known means that the job runs.
    ///
    /// - Returns: nil if there is no status in the answer.
    init?(_ answer: JSONObject) {
        switch answer.word("status") {
        case nil: return nil
        case "IN_QUEUE":
            let position = answer.integer("queue_position").flatMap { $0 >= 0 ? $0 : nil }
            self = .queued(position: position)
        case "COMPLETED", "OK", "ERROR", "FAILED":
            let hasWord = answer.word("status") == "ERROR" || answer.word("status") == "FAILED"
            self = .ended(hasFailed: hasWord || answer.has("error") || answer.has("error_type"))
        default: self = .running(percent: FalStatus.percent(in: answer))
        }
    }

    /// The progress that the caller is told.
    var progress: PictureProgress {
        switch self {
        case .queued(let position): .queued(position: position)
        case .running(let percent): .running(percent: percent)
        case .ended: .loading
        }
    }

    /// The log lines that are looked through for a progress bar, from the last one.
    private static let mostLines = 16
    /// The most bytes of a line that are read.
    private static let mostOfLine = 200

    /// The progress in the log, such as the `45%|` of Python's tqdm.
    private static func percent(in answer: JSONObject) -> Int? {
        let lines = answer.elements("logs") ?? []
        for range in lines.suffix(mostLines).reversed() {
            guard let line = answer.object(at: range)?.string("message") else { continue }
            if let percent = percent(in: Array(line.utf8.suffix(mostOfLine))) { return percent }
        }
        return nil
    }

    private static func percent(in line: [UInt8]) -> Int? {
        var (found, number): (Int?, Int?) = (nil, nil)
        for (index, byte) in line.enumerated() {
            if (0x30...0x39).contains(byte) {
                number = min((number ?? 0) * 10 + Int(byte - 0x30), 1000)
                continue
            }
            let isBar =
                byte == UInt8(ascii: "%") && index + 1 < line.count
                && line[index + 1] == UInt8(ascii: "|")
            if isBar, let number, number <= 100 { found = number }
            number = nil
        }
        return found
    }
}
