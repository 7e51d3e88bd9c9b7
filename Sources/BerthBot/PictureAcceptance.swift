import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The acceptance of orders of pictures, as ``Acceptance`` accepts messages.
///
/// An order needs no window. A tenant without room for its pictures is refused before they are
/// bought.
@Loop final class PictureAcceptance {
    private let acceptance: Acceptance
    private let store: any Store
    private let calls: PaidCalls
    private let pictures: PaidPictures
    private let catalog: PictureCatalog
    private let translations: Translations
    private let surroundings: Surroundings

    init(_ parts: Turns.Parts, _ acceptance: Acceptance, in surroundings: Surroundings) {
        self.acceptance = acceptance
        store = parts.store
        calls = parts.calls
        pictures = parts.paidPictures
        catalog = parts.pictureModels
        translations = parts.translations
        self.surroundings = surroundings
    }

    /// Accepts an order.
    ///
    /// The parameters and errors are those of ``Acceptance/accept(_:by:at:_:)``.
    func accept(
        _ message: Message,
        _ order: PicturePrompt,
        by payer: LiveTenant,
        at entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> TurnJob {
        let id = Secret256.publicID(from: surroundings.entropy)
        let turn = try live(id, payer, entry, memory)
        let session = try await session(of: entry)
        try payer.mayAsk(in: session, at: message.place)
        let ask = try ask(order, payer, entry, memory, isFresh: message.isFresh)
        try pictures.admit(ask.request, for: payer)
        let held = try calls.hold(ask)
        var draft = TurnDraft(
            publicID: id,
            session: session.id,
            tenant: payer.row.id,
            text: message.text
        )
        (draft.kind, draft.model) = (.image, ask.models[0].id)
        (draft.title, draft.claim) = (ask.request.prompt.title, acceptance.claim)
        (draft.updates, draft.heard) = (message.updates, message.heard)
        (draft.beside, draft.isFresh) = (message.beside, message.isFresh)
        let (ready, now) = (draft, surroundings.clock.timestamp)
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.acceptTurn(ready, at: now)
        }
        held.attach(to: row)
        entry.place = session.place
        let machine = acceptance.machine()
        return TurnJob(turn, row: row, ask, .held(held), at: entry, machine)
    }

    /// Takes up a stored turn.
    ///
    /// A job that its provider keeps goes on, whatever has become of its payer: the job is paid.
    /// Everything else is as in ``Acceptance/takeUp(_:at:isFresh:by:at:_:)``.
    func takeUp(
        _ stored: Turn,
        _ order: PicturePrompt,
        isFresh: Bool,
        by payer: LiveTenant,
        at entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> TurnJob {
        let turn = try live(stored.publicID, payer, entry, memory)
        let session = try await session(of: entry)
        let ask = try ask(order, payer, entry, memory, isFresh: isFresh || stored.isFresh)
        entry.place = session.place
        if let kept = try await kept(stored) {
            let machine = acceptance.machine(stored)
            return TurnJob(turn, row: stored.id, ask, .kept(kept), at: entry, machine)
        }
        try payer.mayAsk(in: session, at: session.place)
        try pictures.admit(ask.request, for: payer)
        let held = try calls.hold(ask, needsRoom: false)
        try await acceptance.reopen(stored)
        held.attach(to: stored.id)
        let machine = acceptance.machine(stored)
        return TurnJob(turn, row: stored.id, ask, .held(held), at: entry, machine)
    }

    /// The job that an open turn's provider keeps, or nil.
    private func kept(_ turn: Turn) async throws(BotError) -> KeptJob? {
        guard turn.state.isOpen else { return nil }
        return try await withBotErrors { () async throws(StoreError) -> KeptJob? in
            let step = try await store.steps(of: turn.id).last {
                $0.state == .running && $0.job != nil
            }
            guard let job = step?.job, let id = step?.call,
                let call = try await store.call(id), call.state == .reserved
            else { return nil }
            return KeptJob(job, call)
        }
    }

    private func live(
        _ id: String,
        _ payer: LiveTenant,
        _ entry: SessionGate.Entry,
        _ memory: PrepaidMemory
    ) throws(BotError) -> LiveTurn {
        do { return try LiveTurn(id: id, session: entry.session, of: payer, memory) } catch {
            throw .memory(error)
        }
    }

    private func session(of entry: SessionGate.Entry) async throws(BotError) -> Session {
        let session = try await withBotErrors { () async throws(StoreError) in
            try await store.session(publicID: entry.session)
        }
        guard let session else { throw .noSession }
        return session
    }

    private func ask(
        _ order: PicturePrompt,
        _ payer: LiveTenant,
        _ entry: SessionGate.Entry,
        _ memory: PrepaidMemory,
        isFresh: Bool
    ) throws(BotError) -> PictureAsk {
        guard !catalog.choices.isEmpty else { throw .noPictures }
        var ask = PictureAsk(
            order.request,
            catalog.choices,
            payer,
            memory: memory,
            requestID: entry.request,
            since: surroundings.clock.now
        )
        ask.isFresh = isFresh
        let (translations, request) = (translations, entry.request)
        ask.translator = { ask throws(BotError) in
            let errand = ask.turn.map { Errand(.prompt(of: $0), isLeft: ask.leavesJobs) }
            let prompt = ask.request.prompt
            return try await translations.english(prompt, for: payer, request: request, errand)
        }
        ask = try ask.entered(listening: false)
        memory.giveBackRest()
        return ask
    }
}
