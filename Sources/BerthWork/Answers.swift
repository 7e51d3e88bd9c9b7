import BerthCache
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthTelemetry
import BerthText

/// Answers questions, each the cheapest way: from the cache, from the same question that is on its
/// way already, or by a call of its own.
@Loop package final class Answers {
    private let cache: AnswerCache
    private let calls: PaidCalls
    private let meter: Meter
    private let flights: Flights
    private let readers = TaskPool()
    private let metrics: WorkMetrics
    private let surroundings: Surroundings

    /// Makes the answers.
    ///
    /// - Parameters:
    ///   - cache: of answers that were given before.
    ///   - calls: makes the calls.
    ///   - meter: counts answers from the cache.
    ///   - flights: the account from which shared answers are leased.
    ///   - metrics: counts API calls.
    ///   - surroundings: the process's.
    package init(
        _ cache: AnswerCache,
        _ calls: PaidCalls,
        _ meter: Meter,
        flights: MemoryAccount,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        self.cache = cache
        self.calls = calls
        self.meter = meter
        self.flights = Flights(account: flights)
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Asks for a whole answer.
    ///
    /// - Parameters:
    ///   - ask: the question.
    ///   - held: the reservation at its first model, if it is taken already.
    /// - Returns: the answer.
    /// - Throws: ``BotError``. A call that may have been bought is charged all the same.
    package func complete(
        _ ask: Ask,
        _ held: consuming Held? = nil
    ) async throws(BotError) -> WholeAnswer {
        let report = CallReport(ask, metrics, in: surroundings)
        let open = OpenCall(ask)
        defer { open?.close() }
        do throws(BotError) {
            let ask = try ask.entered(listening: true).opened(as: open)
            switch try await way(ask, held, isStream: false) {
            case .cached(let answer, let lease): return WholeAnswer(answer, lease)
            case .shared(let answer):
                let whole = try await collect(answer, ask)
                report?.close(nil)
                return whole
            case .own(let held, let key):
                let bought = try await calls.complete(ask, held)
                if let key { keep(bought, ask, key) }
                report?.close(nil)
                return WholeAnswer(bought)
            }
        } catch {
            report?.close(error)
            throw open?.reason ?? error
        }
    }

    /// Asks for an answer that comes in pieces.
    ///
    /// The parameters are those of ``complete(_:_:)``.
    ///
    /// - Returns: the answer, which has begun.
    /// - Throws: ``BotError`` when no answer begins.
    package func stream(
        _ ask: Ask,
        _ held: consuming Held? = nil
    ) async throws(BotError) -> any AnswerStream {
        let report = CallReport(ask, metrics, in: surroundings)
        let open = OpenCall(ask)
        do throws(BotError) {
            let ask = try ask.entered(listening: true).opened(as: open)
            switch try await way(ask, held, isStream: true) {
            case .cached(let answer, let lease):
                let pieces = await LargeWork.run(on: answer.size) { answer.pieces }
                let answer = SharedAnswer(cached: try replay(pieces, of: answer, lease))
                try open?.begin(answer)
                answer.conclude(open)
                return answer
            case .shared(let answer): return try readAhead(answer, ask, report, open)
            case .own(let held, let key):
                let answer = try await calls.stream(ask, held)
                answer.collect(into: key.map { AnswerCollector(cache, ask, $0) })
                return try readAhead(answer, ask, report, open)
            }
        } catch {
            open?.close()
            report?.close(error)
            throw open?.reason ?? error
        }
    }

    /// An answer that its client reads at its own pace.
    ///
    /// A turn reads its answer at once.
    private func readAhead(
        _ answer: any AnswerStream,
        _ ask: Ask,
        _ report: CallReport?,
        _ open: OpenCall?
    ) throws(BotError) -> any AnswerStream {
        guard ask.turn == nil else { return answer }
        if let reason = open?.reason {
            answer.finish()
            throw reason
        }
        let lease: MemoryLease
        do { lease = try ask.memory.take(ReadAhead.step, for: .replyBuffer) } catch {
            answer.finish()
            throw .provider(.memoryMidway(error))
        }
        let work = ask.payer.account.begin()
        let ahead = ReadAhead(answer, on: lease, work, report, open, in: readers)
        try open?.begin(ahead)
        return ahead
    }

    /// Ends all API calls and returns when they are settled.
    package func close() async {
        readers.cancelAll()
        await flights.close()
        await readers.drain()
    }

    // MARK: The three ways

    private enum Way: ~Copyable {
        /// An answer from the cache, and the memory of its telling.
        case cached(CachedAnswer, MemoryLease)
        case shared(SharedAnswer)
        /// A call of its own, whose answer is cached under the key.
        case own(Held?, CacheKey?)
    }

    private func way(
        _ ask: Ask,
        _ held: consuming Held?,
        isStream: Bool
    ) async throws(BotError) -> Way {
        try ask.payer.mayAsk()
        guard !ask.isFresh, let name = await cache.name(ask) else { return .own(held, nil) }
        var held = consume held
        if let answer = await cache.find(name.key) {
            // Redis may have taken a while.
            try ask.payer.mayAsk()
            // The answer as it is cached, as its chunks, and their text.
            let size = max(ByteCount(3 * answer.size + 1024), Broadcast.step)
            let lease: MemoryLease
            do { lease = try ask.memory.take(size, for: .replyBuffer) } catch {
                throw .memory(error)
            }
            // The hit takes the place of the reservation. Both would count as two requests.
            held = nil
            try meter.countHit(ask.payer)
            metrics.calls.add(1, "cached")
            return .cached(answer, lease)
        }
        // A turn with a history shares its question with no other turn. A tenant's API calls share
        // among themselves.
        guard ask.key == nil, ask.errand == nil, name.isShared || ask.turn == nil else {
            return .own(held, name.key)
        }
        // A turn that joins waits as long as it takes. An API call waits here, and not so long.
        if ask.turn == nil { try await calls.gate.pass(ask) }
        guard let answer = try join(ask, &held, name.key, isStream) else { return .own(held, nil) }
        do throws(BotError) { try await answer.begin() } catch {
            guard answer.mayAskAgain else { throw error }
            // The leader was refused for a reason of its own, such as its quota. The followers
            // retry without it.
            return try await way(ask, nil, isStream: isStream)
        }
        return .shared(answer)
    }

    /// A cached answer as a log that has ended.
    private func replay(
        _ pieces: [AnswerPiece],
        of answer: CachedAnswer,
        _ lease: consuming MemoryLease
    ) throws(BotError) -> Broadcast {
        let log = Broadcast(on: lease)
        log.begin(answer.model)
        for piece in pieces { try log.append(piece) }
        log.close(AnswerEnd(usage: answer.usage))
        return log
    }

    /// Joins the flight of `key`, or opens one.
    ///
    /// - Returns: nil if no more callers may share. `held` then stays with the caller.
    private func join(
        _ ask: Ask,
        _ held: inout Held?,
        _ key: CacheKey,
        _ isStream: Bool
    ) throws(BotError) -> SharedAnswer? {
        let isJoining = flights.has(key)
        let own =
            if let held = held.take() { held } else {
                try calls.hold(ask, needsRoom: !isJoining)
            }
        let input = own.call.input
        if let flight = flights.find(key) {
            flight.add(ask.listener)
            ask.open?.shares(flight.bill)
            let answer = SharedAnswer(flight, input: input)
            // One that comes after the settlement costs nothing but its request.
            if let late = flight.bill.add(own, for: answer) { _ = meter.settleNothing(late) }
            return answer
        }
        guard !isJoining, let flight = flights.open(key) else {
            held = consume own
            return nil
        }
        flight.add(ask.listener)
        ask.open?.shares(flight.bill)
        let answer = SharedAnswer(flight, input: input, isLeader: true)
        // The call goes on for the others if the memory of its leader does not suffice.
        ask.memory.spare = flight.spare
        let leading = HeldBox(own)
        var common = ask.opened(as: nil)
        common.listener = { [weak flight] in flight?.tell($0) }
        let question = common
        flights.begin(flight) { [self] in
            await fly(flight, question, leading.take(), key, isStream)
        }
        return answer
    }

    /// Makes the call of a flight and writes its answer into the log.
    private func fly(
        _ flight: Flight,
        _ ask: Ask,
        _ held: consuming Held?,
        _ key: CacheKey,
        _ isStream: Bool
    ) async -> AnswerEnd {
        do throws(BotError) {
            guard isStream else {
                let bought = try await calls.complete(ask, held, sharedWith: flight.bill)
                flight.log.begin(bought.model.id)
                try flight.append(.whole(bought.answer))
                keep(bought, ask, key)
                return AnswerEnd(usage: bought.usage, share: bought.share)
            }
            let answer = try await calls.stream(ask, held, sharedWith: flight.bill)
            answer.collect(into: AnswerCollector(cache, ask, key))
            defer { answer.finish() }
            flight.log.begin(answer.modelID)
            defer { flight.settle(answer.takeSettled()) }
            do throws(BotError) {
                while let piece = try await answer.next() {
                    try flight.append(piece)
                    while let piece = try answer.taken() { try flight.append(piece) }
                }
            } catch {
                // Settles it, so that every reader learns its share.
                answer.finish()
                return AnswerEnd(error: error, share: answer.charged)
            }
            return AnswerEnd(usage: answer.usage, share: answer.charged)
        } catch {
            flight.bill.release()
            return AnswerEnd(error: error)
        }
    }

    /// Collects an answer that others share.
    private func collect(
        _ answer: SharedAnswer,
        _ ask: Ask
    ) async throws(BotError) -> WholeAnswer {
        var lease = ask.payer.account.nothing(for: .replyBuffer)
        var (text, finish, builder) = ("", "stop", CompletionBuilder())
        while let piece = try await answer.next() {
            if case .whole(let completion) = piece {
                return WholeAnswer(completion, answer.modelID, answer.usage)
            }
            // The text, the answer that is built of the chunks, and its JSON.
            let size = ByteCount(2 * (text.utf8.count + piece.size) + 3 * builder.size)
            do { try lease.grow(to: size, step: Broadcast.step) } catch { throw .memory(error) }
            text += piece.text
            finish = piece.finish ?? finish
            if LargeWork.isLarge(piece.work) {
                builder = await LargeWork.run(on: piece.work) { [builder] in
                    var builder = builder
                    builder.add(piece)
                    return builder
                }
            } else {
                builder.add(piece)
            }
        }
        let usage = answer.usage
        if usage.isEstimated {
            builder.add(.usage(usage, details: Array(CompletionJSON.json(usage).utf8)))
        }
        let object =
            builder.isMoreThanText
            ? await LargeWork.run(on: builder.size) { [builder] in
                builder.completion.flatMap { try? JSONObject(answer: $0) }
            } : nil
        let body: WholeAnswer.Body =
            if let object { .completion(object, text: text) } else {
                .text(text, details: builder.details)
            }
        return WholeAnswer(
            body: body,
            finish: finish,
            model: answer.modelID,
            usage: usage,
            retained: LeaseHolder(lease)
        )
    }

    private func keep(_ bought: PaidCompletion, _ ask: Ask, _ key: CacheKey) {
        let answer = bought.answer
        guard answer.finish == "stop", !answer.isRefusal, !answer.isCall,
            let kept = KeptCompletion(answer.object, bought.usage)
        else { return }
        let cached = CachedAnswer(
            body: .completion(kept),
            model: bought.model.id,
            usage: bought.usage
        )
        cache.keep(cached, under: key, for: ask)
    }
}

extension WholeAnswer {
    init(_ bought: PaidCompletion) {
        self.init(bought.answer, bought.model.id, bought.usage)
    }

    init(_ completion: ChatCompletion, _ model: String, _ usage: TokenUsage) {
        self.init(
            body: .completion(completion.object, text: completion.text),
            finish: completion.finish ?? "stop",
            model: model,
            usage: usage,
            retained: completion
        )
    }

    init(_ answer: CachedAnswer, _ lease: consuming MemoryLease) {
        let body: Body =
            switch answer.body {
            case .text(let text, let details): .text(text, details: details)
            case .completion(let kept): .kept(kept)
            }
        self.init(
            body: body,
            finish: "stop",
            model: answer.model,
            usage: answer.usage,
            isCached: true,
            retained: LeaseHolder(lease)
        )
    }
}
