import BerthCache
import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry
package import BerthText

/// A whole answer: a completion in OpenAI's shape.
package struct WholeAnswer: Sendable {
    /// The completion; its id is not to be passed on.
    package let object: JSONObject
    /// The name of the model that gave it.
    package let model: String
    /// Its tokens.
    package let usage: TokenUsage
    /// Whether it was there before it was asked for.
    package let isKept: Bool
    /// Keeps the memory of it leased.
    package let holding: any AnyObject & Sendable

    /// The first choice's text.
    package var text: String {
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        return choice?.object("message")?.string("content") ?? ""
    }
}

/// What a question that wants a stream gets.
package enum Reply: Sendable {
    case kept(WholeAnswer)
    case stream(any AnswerStream)
}

/// Answers questions, each the cheapest way: from the cache, from the same question that is on its
/// way already, or by a call of its own.
@Loop package final class Answers {
    private let cache: AnswerCache
    private let calls: ChatCalls
    private let meter: Meter
    private let flights: SingleFlight<SharedEnd>
    private let surroundings: Surroundings
    private let metrics: BotMetrics
    /// What those who share a flight have in common, while it is in the air.
    private var shared: [CacheKey: SharedCall] = [:]

    init(
        cache: AnswerCache,
        calls: ChatCalls,
        meter: Meter,
        flights: MemoryAccount,
        in surroundings: Surroundings,
        metrics: BotMetrics
    ) {
        self.cache = cache
        self.calls = calls
        self.meter = meter
        var limits = FlightLimits()
        limits.buffer = .mebibytes(4)
        self.flights = SingleFlight(account: flights, limits: limits)
        self.surroundings = surroundings
        self.metrics = metrics
    }

    /// A whole answer; `isFresh`: one that nobody was given before.
    ///
    /// - Throws: ``BotError``; what may have been bought is charged all the same.
    package func complete(
        _ order: ChatOrder,
        isFresh: Bool = false
    ) async throws(BotError) -> WholeAnswer {
        do throws(BotError) {
            let order = try order.entered(listening: true)
            switch try await way(order, isFresh, isStream: false) {
            case .kept(let answer): return answer
            case .shared(let stream):
                let answer = try await stream.collect()
                report(order, nil)
                return answer
            case .own(let order):
                let answer = try await calls.complete(order)
                report(order, nil)
                return WholeAnswer(answer)
            }
        } catch {
            report(order, error)
            throw error
        }
    }

    /// An answer that comes in pieces, or one that is there; `isFresh`: one that nobody was given
    /// before.
    ///
    /// - Returns: when the answer has begun.
    /// - Throws: ``BotError`` when no answer begins.
    package func stream(
        _ order: ChatOrder,
        isFresh: Bool = false
    ) async throws(BotError) -> Reply {
        do throws(BotError) {
            let order = try order.entered(listening: true)
            switch try await way(order, isFresh, isStream: true) {
            case .kept(let answer): return .kept(answer)
            case .shared(let stream):
                stream.onEnd = { [weak self] in self?.report(order, $0) }
                return .stream(stream)
            case .own(let order):
                let stream = try await calls.stream(order)
                stream.onEnd = { [weak self] in self?.report(order, $0) }
                return .stream(stream)
            }
        } catch {
            report(order, error)
            throw error
        }
    }

    /// Ends what is shared and returns when it is settled.
    func close() async { await flights.close() }

    // MARK: The three ways

    private enum Way {
        case kept(WholeAnswer)
        case shared(SharedStream)
        case own(ChatOrder)
    }

    private func way(
        _ order: ChatOrder,
        _ isFresh: Bool,
        isStream: Bool
    ) async throws(BotError) -> Way {
        try order.payer.mayAsk()
        guard !isFresh, let key = cache.key(order) else { return .own(order) }
        if let kept = await cache.find(key) {
            // As it is kept, and as it is told.
            let lease: MemoryLease
            do {
                lease = try order.memory.take(ByteCount(2 * kept.bytes.count), for: .replyBuffer)
            } catch { throw .memory(error) }
            if let held = order.held { meter.release(held) }
            try meter.countHit(order.payer)
            metrics.calls.add(1, "cached")
            return .kept(WholeAnswer(kept: kept, holding: LeaseHolder(lease)))
        }
        // A turn that it joins would wait as long as it takes; an API call waits here, and not so long.
        if order.turn == nil { try await calls.gate.pass(order) }
        let way = try join(order, key, isStream)
        guard case .shared(let stream) = way else { return way }
        do throws(BotError) { try await stream.begin() } catch {
            guard !stream.isLeader, error.isPayersOwn else { throw error }
            // The first asker was refused for himself: the others ask without him.
            var again = order
            again.held = nil
            return try await self.way(again, isFresh, isStream: isStream)
        }
        return way
    }

    /// Joins who asks the same, or is the first to.
    private func join(
        _ order: ChatOrder,
        _ key: CacheKey,
        _ isStream: Bool
    ) throws(BotError) -> Way {
        let needsRoom = shared[key] == nil
        let held =
            if let held = order.held { held } else { try calls.hold(order, needsRoom: needsRoom) }
        let call = SharedCall()
        var own = order
        own.held = held
        do throws(CacheError) {
            let (leading, listening) = (own, call)
            let listener = try flights.join(key) { [self] flight in
                try await fly(leading, listening, key, flight, isStream)
            }
            if listener.isLeader { shared[key] = call }
            let joined = shared[key] ?? call
            if let place = order.listener { joined.places.append(place) }
            if !listener.isLeader, !joined.bill.add(held) {
                meter.settle(held, TokenUsage(input: 0, output: 0, isEstimated: false))
            }
            return .shared(SharedStream(listener, input: held.input, order.memory))
        } catch { return .own(own) }  // no room for one more to share: it asks for itself
    }

    /// The call that all who ask the same now listen to.
    private func fly(
        _ order: ChatOrder,
        _ call: SharedCall,
        _ key: CacheKey,
        _ flight: Flight<SharedEnd>,
        _ isStream: Bool
    ) async throws(BotError) -> SharedEnd {
        defer { if shared[key] === call { shared[key] = nil } }
        var order = order
        order.bill = call.bill
        order.listener = { call.tell($0) }
        do throws(BotError) {
            guard isStream else {
                let answer = try await calls.complete(order)
                keep(answer.completion.object.bytes.count, order) {
                    cache.keep(answer.completion, answer.model, answer.usage, for: key)
                }
                return SharedEnd(answer)
            }
            return try await pass(try await calls.stream(order), to: flight, key, order)
        } catch {
            for held in call.bill.close() { meter.release(held) }
            throw error
        }
    }

    private func pass(
        _ stream: MeteredStream,
        to flight: Flight<SharedEnd>,
        _ key: CacheKey,
        _ order: ChatOrder
    ) async throws(BotError) -> SharedEnd {
        defer { stream.finish() }
        let collector = AnswerCollector(account: order.payer.account)
        var finish = "stop"
        do throws(CacheError) {
            try flight.write(SharedFrame.model(stream.model.id).bytes)
        } catch { throw BotError(midway: error) }
        while let chunk = try await stream.next() {
            collector.take(chunk)
            finish = chunk.finish ?? finish
            do throws(CacheError) { try flight.write(SharedFrame(chunk).bytes) } catch {
                throw BotError(midway: error)
            }
        }
        collector.end()
        keep(collector.count, order) {
            if let text = collector.whole { cache.keep(text, stream.model, stream.usage, for: key) }
        }
        return SharedEnd(stream, finish: finish)
    }

    /// Keeps an answer of `size`, where there is memory for it as a text, as JSON and as an entry.
    private func keep(_ size: Int, _ order: ChatOrder, _ action: () -> Void) {
        let cost = ByteCount(4 * min(size, AnswerCache.answerLimit.bytes))
        guard let lease = try? order.memory.take(cost, for: .cacheEntry) else { return }
        action()
        _ = consume lease
    }

    // MARK: What is told of API calls

    /// A turn reports itself.
    private func report(_ order: ChatOrder, _ error: BotError?) {
        guard order.turn == nil else { return }
        let outcome = error.map(\.outcomeOfCall) ?? "done"
        metrics.calls.add(1, outcome)
        surroundings.log.info(
            "api call",
            [
                "request": .text(order.requestID), "tenant": .text(order.payer.name),
                "model": .text(order.models[0].id), "outcome": .text(outcome),
                "ms": .ms(surroundings.clock.now - order.since), "why": .text(error?.logged ?? "-"),
            ]
        )
    }
}

extension BotError {
    /// As metrics and the log name it.
    fileprivate var outcomeOfCall: String {
        switch self {
        case .provider(.cancelled): "cancelled"
        case .provider: "failed"
        default: "refused"
        }
    }

    /// A flight's refusal of an answer that has begun, in the bot's terms.
    init(midway error: CacheError) {
        switch error {
        case .memory(let reason): self = .provider(.memoryMidway(reason))
        case .tooLarge(_, let most):
            self = .body("the answer is longer than \(ByteCount(most)): it was ended there")
        default: self = .provider(.cancelled)
        }
    }
}

extension WholeAnswer {
    init(_ answer: CompleteAnswer) {
        object = answer.completion.object
        model = answer.model.id
        usage = answer.usage
        isKept = false
        holding = answer.completion
    }

    init(kept object: JSONObject, holding: LeaseHolder) {
        self.object = object
        model = object.string("model") ?? ModelCatalog.anyModel
        let said = object.object("usage")
        usage = TokenUsage(
            input: said?.integer("prompt_tokens") ?? 0,
            output: said?.integer("completion_tokens") ?? 0,
            isEstimated: false
        )
        isKept = true
        self.holding = holding
    }
}
