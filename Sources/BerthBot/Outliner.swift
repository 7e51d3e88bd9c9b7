import BerthConfig
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// Has models write the titles and summaries of conversations in the background, at the cost of
/// their owners.
///
/// There is one piece of work at a time for a conversation. Work that is refused is due again after
/// the next answer.
@Loop final class Outliner {
    /// The work under way.
    let pool = TaskPool()
    private let outlines: PaidOutlines
    private let writers: Writers
    private let store: any Store
    private let metrics: BotMetrics
    private let surroundings: Surroundings
    /// The conversations for which a text is being written, by their owners.
    private var busy: [Tenant.ID: Set<Session.ID>] = [:]

    /// The models that write.
    struct Writers {
        /// The model for titles, or nil if none are written.
        let titles: ModelChoice?
        /// The model for summaries, or nil if none are written.
        let summaries: ModelChoice?

        @Loop init(_ configuration: Configuration, _ models: ModelCatalog) {
            let settings = configuration.outlines
            titles = configuration.model(of: settings.titles).flatMap(models.find)
            summaries = configuration.model(of: settings.summaries).flatMap(models.find)
        }
    }

    /// The models that write, by the kind of text.
    var models: [String: String] {
        var models: [String: String] = [:]
        models["titles"] = writers.titles?.id
        models["summaries"] = writers.summaries?.id
        return models
    }

    /// The conversations of one tenant that are worked on at once.
    private static nonisolated let mostAtOnce = 4
    /// The most bytes of exchanges that one summary adds.
    static nonisolated let mostPart = ByteCount.kibibytes(128)
    /// The summaries that one answer may cause, if much was left out at once.
    private static nonisolated let mostInRow = 8

    init(
        _ calls: PaidCalls,
        _ settings: (Configuration, ModelCatalog),
        _ store: any Store,
        _ metrics: BotMetrics,
        in surroundings: Surroundings
    ) {
        outlines = PaidOutlines(calls)
        writers = Writers(settings.0, settings.1)
        self.store = store
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Begins the work that is due after an answer.
    ///
    /// - Parameters:
    ///   - cue: the work.
    ///   - answer: the answer, in UTF-8.
    ///   - payer: the owner of the conversation, who pays.
    func work(on cue: OutlineCue, after answer: ArraySlice<UInt8>, for payer: LiveTenant) {
        let (owner, session) = (payer.row.id, cue.session.id)
        let mine = busy[owner] ?? []
        guard payer.row.hasOutlines, !mine.contains(session), mine.count < Outliner.mostAtOnce,
            writers.titles != nil && cue.beginning != nil
                || writers.summaries != nil && cue.room != nil
        else { return }
        busy[owner] = mine.union([session])
        let end = min(answer.startIndex + OutlineCue.mostOfText, answer.endIndex)
        let start = String(decoding: answer[..<end], as: UTF8.self)
        pool.spawn { [self] in
            await write(cue, start, payer)
            busy[owner]?.remove(session)
            if busy[owner]?.isEmpty == true { busy[owner] = nil }
        }
    }

    private func write(_ cue: OutlineCue, _ answer: String, _ payer: LiveTenant) async {
        do throws(BotError) {
            if let (message, first) = cue.beginning, let model = writers.titles {
                try await title(cue, (message, first ?? answer), model, payer)
            }
            if let room = cue.room, let model = writers.summaries {
                try await summarize(cue.session, room, model, payer)
            }
        } catch {
            metrics.outlines.add(1, "failed")
            surroundings.log.info(
                "title or summary not written",
                ["tenant": .text(payer.name), "why": .text(error.logged)]
            )
        }
    }

    private func title(
        _ cue: OutlineCue,
        _ texts: (message: String, answer: String),
        _ model: ModelChoice,
        _ payer: LiveTenant
    ) async throws(BotError) {
        let (store, session) = (store, cue.session.id)
        let hasTitle = try await withBotErrors { () async throws(StoreError) in
            try await store.hasTitle(session)
        }
        guard !hasTitle else { return }
        let size = texts.message.utf8.count + texts.answer.utf8.count
        let memory = try await lease(size, of: payer)
        let request: JSONObject
        do throws(JSONError) {
            request = try OutlinePrompt.title(of: texts.message, answer: texts.answer)
        } catch { throw .body(error.description) }
        try await ask(.title(of: session, inPlaceOf: cue.replaced), request, model, payer, memory)
    }

    /// Summarizes part after part until what is left is short enough.
    private func summarize(
        _ session: Session,
        _ room: Int,
        _ model: ModelChoice,
        _ payer: LiveTenant
    ) async throws(BotError) {
        // The instruction and the earlier summary need some of the context too.
        let context =
            model.context - min(model.output, OutlineAsk.summaryTokens)
            - min(4_096, model.context / 4)
        let part = min(
            Outliner.mostPart.bytes,
            max(0, context) * Prompt.bytesPerToken,
            payer.quotas.memory.bytes / 16
        )
        let limits = SummaryWork.Limits(room: room, part: part)
        for _ in 0..<Outliner.mostInRow {
            // The texts as they are read, and joined.
            let memory = try await lease(2 * limits.part + OutlineAsk.longestSummary, of: payer)
            let (store, id) = (store, session.publicID)
            let work = try await withBotErrors { () async throws(StoreError) in
                try await store.summaryWork(of: id, within: limits)
            }
            guard let work else { return }
            let request: JSONObject
            do throws(JSONError) {
                request = try await LargeWork.run(on: limits.part) { () throws(JSONError) in
                    try OutlinePrompt.summary(of: work)
                }
            } catch { throw .body(error.description) }
            let target = OutlineTarget.summary(of: session.id, through: work.through)
            guard try await ask(target, request, model, payer, memory) else { return }
        }
    }

    private func lease(_ bytes: Int, of payer: LiveTenant) async throws(BotError) -> PrepaidMemory {
        do {
            return try await PrepaidMemory(
                OutlinePrompt.memory(bytes),
                of: payer.account,
                by: surroundings.clock
            )
        } catch { throw .memory(error) }
    }

    /// - Returns: whether the model has written words.
    @discardableResult
    private func ask(
        _ target: OutlineTarget,
        _ request: JSONObject,
        _ model: ModelChoice,
        _ payer: LiveTenant,
        _ memory: PrepaidMemory
    ) async throws(BotError) -> Bool {
        let ask = try OutlineAsk(
            target,
            request,
            model,
            payer,
            memory: memory,
            since: surroundings.clock.now
        )
        let words = try await outlines.write(ask)
        metrics.outlines.add(1, words == nil ? "empty" : target.kind.rawValue)
        return words != nil
    }
}
