import BerthLoop

/// A streamed answer whose first event may still be a refusal of a part of Berth's own.
///
/// The request is then sent again. After the first piece this only passes pieces on.
@Loop final class QuirkStream: ChatStream {
    /// Makes an attempt at a streamed answer.
    typealias Open = @Loop (QuirkTrial) async throws(ProviderError) -> any ChatStream

    private var stream: any ChatStream
    private var trial: QuirkTrial?
    private let learner: QuirkLearner
    private let open: Open

    /// Makes the stream of an attempt whose answer has begun; `open` makes another attempt.
    init(
        _ stream: any ChatStream,
        _ trial: QuirkTrial,
        _ learner: QuirkLearner,
        _ open: @escaping Open
    ) {
        self.stream = stream
        self.trial = trial
        self.learner = learner
        self.open = open
    }

    var isLimited: Bool { stream.isLimited }

    func next() async throws(ProviderError) -> AnswerPiece? {
        while let trial {
            do throws(ProviderError) {
                let piece = try await stream.next()
                if self.trial != nil { learner.learn(from: trial) }
                self.trial = nil
                return piece
            } catch {
                // The caller may have cancelled meanwhile.
                guard self.trial != nil else { throw error }
                self.trial = nil
                stream = try await learner.run(trial, after: error) { () throws(ProviderError) in
                    try await open(trial)
                }
                self.trial = trial
            }
        }
        return try await stream.next()
    }

    func taken() throws(ProviderError) -> AnswerPiece? {
        trial == nil ? try stream.taken() : nil
    }

    func cancel() {
        trial = nil
        stream.cancel()
    }
}
