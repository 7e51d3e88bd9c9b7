import BerthHTTP
import BerthLoop
import BerthText

/// Measures the latency of an answer while it is read.
struct AnswerTimer {
    private let begun: Instant
    private var reader: AnswerReader
    private var parser = SSEParser()
    private var firstToken: Duration?
    private var result: TurnResult?

    /// Makes a timer of a question sent at `begun`.
    init(_ interface: Persona.Interface, since begun: Instant) {
        self.begun = begun
        reader = AnswerReader(interface)
    }

    /// Reads the next bytes of the stream.
    ///
    /// - Throws: `SSEError` if they are not an event stream.
    mutating func take(_ piece: [UInt8], at now: Instant) throws(SSEError) {
        for event in try parser.feed(piece) { reader.take(event) }
        if firstToken == nil, reader.hasText { firstToken = now - begun }
        if let verdict = reader.verdict { _ = end(verdict, at: now) }
    }

    /// Ends the measurement with `verdict`.
    ///
    /// If the stream has already ended by itself, its own result is returned instead.
    mutating func end(_ verdict: Verdict, at now: Instant) -> TurnResult {
        let found =
            result ?? TurnResult(verdict: verdict, firstToken: firstToken, full: now - begun)
        result = found
        return found
    }
}
