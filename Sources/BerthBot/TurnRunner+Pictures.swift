import BerthFiles
import BerthProviders
import BerthStore
import BerthWork

extension TurnRunner {
    /// Runs a step of the kind `picture`: makes the pictures, and writes them into the turn's log.
    ///
    /// The job of an earlier run is asked for its result instead.
    func draw(_ job: TurnJob, _ order: PictureAsk) async throws(BotError) {
        job.made = nil
        var ask = order
        ask.turn = job.row
        ask.listener = { [weak turn = job.turn] in turn?.wait($0) }
        ask.progress = { [weak turn = job.turn] in turn?.tell($0) }
        ask.leavesJobs = { [weak job] in Task.isCancelled && job?.machine.isStopped == false }
        let made: MadePictures
        if let kept = job.takeKept() {
            try await resume(kept)
            made = try await pictureAnswers.resume(kept, ask)
        } else {
            made = try await pictureAnswers.make(ask, job.takeHeld())
        }
        (job.made, job.model) = (made, made.model)
        // A terminal has no cookie that would open a path.
        let isTerminal = job.entry.place?.channel == .terminal
        let links = made.pictures.map { picture in
            isTerminal ? pictures.link(to: picture) : FileLinks.path(of: picture.original.id)
        }
        let text = PicturePrompt(order.request).answer(links)
        try job.turn.openLog().append(.text(text))
        try job.turn.cover()
        job.machine.hasText = true
    }

    /// Notes that a step of an earlier run goes on.
    private func resume(_ kept: KeptJob) async throws(BotError) {
        guard let step = kept.call.step else { throw .noTurn }
        let isOpen = try await withBotErrors { () async throws(StoreError) in
            try await store.resumeStep(step)
        }
        guard isOpen else { throw .noTurn }
    }
}
