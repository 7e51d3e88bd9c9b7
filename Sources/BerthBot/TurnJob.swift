import BerthLoop
import BerthProviders
import BerthStore
import BerthWork

/// A turn while it is answered.
@Loop final class TurnJob {
    /// The turn as its readers see it.
    let turn: LiveTurn
    /// Its row.
    let row: Turn.ID
    /// The question of its step.
    let ask: Ask
    /// The session's entry, which is left at the end.
    let entry: SessionGate.Entry
    /// When it was accepted, or taken up again.
    let accepted: Instant
    /// Decides what comes next.
    var machine: TurnMachine
    /// The name of the model that answers.
    var model: String
    /// The answer of the attempt under way.
    var answer: (any AnswerStream)?
    /// When the text that came was last written.
    var saved: Instant
    /// Whether that is being written.
    ///
    /// A slow disk does not pile up copies.
    var isSaving = false
    /// The failure, in words that hold nothing of the conversation.
    var why = "-"
    /// The first attempt's reservation, which was taken when the turn was accepted.
    private var held: Held?

    init(
        _ turn: LiveTurn,
        row: Turn.ID,
        _ ask: Ask,
        _ held: consuming Held,
        at entry: SessionGate.Entry,
        _ machine: TurnMachine
    ) {
        self.turn = turn
        self.row = row
        self.ask = ask
        self.held = consume held
        self.entry = entry
        self.machine = machine
        model = ask.models[0].id
        accepted = ask.since
        saved = accepted
    }

    /// The first attempt's reservation.
    ///
    /// nil for later attempts, which take their own.
    func takeHeld() -> Held? { held.take() }

    isolated deinit {}
}
