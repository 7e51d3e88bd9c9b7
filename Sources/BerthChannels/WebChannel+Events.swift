import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthText

/// The events of a turn, in the language of the tenant who pays for it.
extension WebChannel {
    /// The turn as events: its id first, then its text as it comes, then its end.
    func events(
        of turn: LiveTurn,
        paidBy lease: consuming MemoryLease
    ) -> HTTPResponse {
        let surroundings = surroundings
        var response = HTTPResponse.events { writer in
            let events = EventWriter(writer, in: surroundings)
            let reader = turn.reader()
            defer { reader.close() }
            try await events.send(JSON.encode(TurnBegun(turn)), name: "turn")
            while let event = try await events.waiting({ try await reader.next() }) {
                switch event {
                case .place(let place):
                    let place = Place(place, in: turn.language)
                    try await events.send(JSON.encode(place), name: "place")
                case .progress(let progress):
                    let progress = Progress(progress, in: turn.language)
                    try await events.send(JSON.encode(progress), name: "progress")
                case .reasoning(let text):
                    try await events.send(JSON.encode(Thought(reasoning: text)), name: "reasoning")
                case .text(let text):
                    try await events.send(JSON.encode(Delta(text: text)), name: "delta")
                case .ended(let outcome):
                    let end = TurnEnded(turn.id, outcome, in: turn.language)
                    try await events.send(JSON.encode(end), name: "done")
                }
            }
        }
        response.holding = LeaseHolder(lease)
        return response
    }

    private struct TurnBegun: Encodable {
        let id: String
        let state = "accepted"
        let inputs: [PictureInfo]?
        let wholeText: TextInfo?
        let leftOut: LeftOutInfo?
        /// The words for a reader without the page's line, in the first turn that leaves something
        /// out.
        let notice: String?

        enum CodingKeys: String, CodingKey {
            case id
            case state
            case inputs
            case wholeText = "whole_text"
            case leftOut = "left_out"
            case notice
        }

        @Loop init(_ turn: LiveTurn) {
            (id, inputs) = (turn.id, PictureInfo.list(turn.inputs))
            wholeText = TextInfo(turn.wholeText)
            leftOut = LeftOutInfo(
                turn.leftOut,
                isSummarized: turn.isSummarized,
                in: turn.language
            )
            notice =
                turn.beginsToForget
                ? Phrase.forgetting(turn.isSummarized).text(in: turn.language) : nil
        }
    }

    /// A queue position: the number of requests before it, the expected wait, and a reason if the
    /// wait has another one.
    private struct Place: Encodable {
        let ahead: Int
        let waitMs: Int64
        let why: String?

        enum CodingKeys: String, CodingKey {
            case ahead
            case waitMs = "wait_ms"
            case why
        }

        init(_ place: QueuePlace, in language: Language) {
            why = place.cause.map { Phrase.waiting($0, place.wait).text(in: language) }
            ahead = place.ahead
            waitMs = place.wait.milliseconds()
        }
    }

    /// The progress of pictures in words, with the provider's place or percentage if it says one.
    private struct Progress: Encodable {
        let text: String
        var position: Int?
        var percent: Int?

        init(_ progress: PictureProgress, in language: Language) {
            text = Phrase.progress(progress).text(in: language)
            switch progress {
            case .queued(let position): self.position = position
            case .running(let percent): self.percent = percent
            case .loading: break
            }
        }
    }

    private struct Delta: Encodable { let text: String }

    private struct Thought: Encodable { let reasoning: String }

    private struct TurnEnded: Encodable {
        let id: String
        let state: String
        let error: String?
        let inputTokens: Int
        let outputTokens: Int
        let isEstimated: Bool
        /// The reason for which the model ended the answer, and its words if it is not whole.
        let ending: String?
        let note: String?
        let sources: [SourceInfo]?
        let pictures: [PictureInfo]?
        let model: String?
        let isCached: Bool
        let micros: Int64

        enum CodingKeys: String, CodingKey {
            case id
            case state
            case error
            case ending
            case note
            case sources
            case pictures
            case model
            case isCached = "cached"
            case micros = "cost_micros"
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case isEstimated = "estimated"
        }

        init(_ id: String, _ outcome: TurnOutcome, in language: Language) {
            self.id = id
            state = outcome.end.rawValue
            error = outcome.error
            inputTokens = outcome.inputTokens
            outputTokens = outcome.outputTokens
            isEstimated = outcome.isEstimated
            ending = outcome.ending?.rawValue
            // A failure says so itself.
            let note = outcome.end == .done ? outcome.ending.flatMap { Phrase.note($0) } : nil
            self.note = note?.text(in: language)
            sources = outcome.sources.isEmpty ? nil : SourceInfo.list(outcome.sources)
            pictures = PictureInfo.list(outcome.pictures)
            (model, isCached, micros) = (outcome.model, outcome.isCached, outcome.micros)
        }
    }
}
