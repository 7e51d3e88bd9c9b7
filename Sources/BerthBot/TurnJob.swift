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
    /// The work of its step.
    let work: Work
    /// The id of the HTTP request, for the log.
    let requestID: String
    /// The providers that may be asked.
    let providers: [String]
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
    /// The pictures that were made.
    var made: MadePictures?
    /// The job of an earlier run, which is asked for its result first.
    private var kept: KeptJob?
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

    /// The work of a turn's step.
    enum Work {
        /// A model is asked.
        case answer(Ask)
        /// Pictures are made.
        case pictures(PictureAsk)
    }

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
        self.held = consume held
        self.entry = entry
        self.machine = machine
        work = .answer(ask)
        providers = ask.models.map(\.provider.name)
        (model, requestID) = (ask.models[0].id, ask.requestID)
        (accepted, saved) = (ask.since, ask.since)
    }

    /// Makes a job of pictures, which are new (`start` has their reservation) or were ordered by an
    /// earlier run.
    init(
        _ turn: LiveTurn,
        row: Turn.ID,
        _ ask: PictureAsk,
        _ start: consuming PictureStart,
        at entry: SessionGate.Entry,
        _ machine: TurnMachine
    ) {
        self.turn = turn
        self.row = row
        self.entry = entry
        self.machine = machine
        work = .pictures(ask)
        providers = ask.models.map(\.provider.name)
        (model, requestID) = (ask.models[0].id, ask.requestID)
        (accepted, saved) = (ask.since, ask.since)
        switch consume start {
        case .held(let held): self.held = consume held
        case .kept(let kept): self.kept = kept
        }
    }

    /// The job of an earlier run, once.
    func takeKept() -> KeptJob? {
        defer { kept = nil }
        return kept
    }

    /// The settlements of all that was bought, once.
    func takeSettlements() -> [Settlement] {
        (answer?.takeSettlements() ?? []) + (made?.takeSettlements() ?? [])
    }

    /// The part of the settled cost that the turn's author pays, in millionths of a dollar.
    ///
    /// A call that others share is settled by the turn that leads it. The share of any other turn is
    /// its tokens at the model's price.
    func cost(_ settlements: [Settlement]) -> Int64 {
        let own = settlements.filter { $0.reservation.turn == row }
        guard own.isEmpty, case .answer(let ask) = work, let charged = answer?.charged else {
            return own.reduce(0) { $0 + $1.cost[.micros] }
        }
        let model = ask.models.first { $0.id == self.model }
        return model?.price.cost(of: charged) ?? 0
    }

    /// The first attempt's reservation.
    ///
    /// nil for later attempts, which take their own.
    func takeHeld() -> Held? { held.take() }

    isolated deinit {}
}

/// The beginning of pictures: a reservation, or the job of an earlier run with its own.
enum PictureStart: ~Copyable {
    case held(Held)
    case kept(KeptJob)
}
