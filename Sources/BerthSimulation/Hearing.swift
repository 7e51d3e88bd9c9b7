import BerthHTTP
import BerthLoop
import BerthText

/// Takes the time of an answer while it is read.
struct Hearing {
    private let begun: Instant
    private var reading: AnswerReading
    private var parser = SSEParser()
    private var firstToken: Duration?
    private var result: TurnResult?

    /// Begins when the question is sent.
    init(_ door: Persona.Door, since begun: Instant) {
        self.begun = begun
        reading = AnswerReading(door)
    }

    /// Takes the next piece of the stream.
    ///
    /// - Throws: `SSEError` when it is no stream of events.
    mutating func take(_ piece: [UInt8], at now: Instant) throws(SSEError) {
        for event in try parser.feed(piece) { reading.take(event) }
        if firstToken == nil, reading.hasText { firstToken = now - begun }
        if let verdict = reading.verdict { _ = end(verdict, at: now) }
    }

    /// Ends with `verdict`, unless the stream itself has had an end before: nothing changes that.
    mutating func end(_ verdict: Verdict, at now: Instant) -> TurnResult {
        let found =
            result ?? TurnResult(verdict: verdict, firstToken: firstToken, full: now - begun)
        result = found
        return found
    }
}
