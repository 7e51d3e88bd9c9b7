package import BerthLoop

/// The result of a simulation, as `berth simulate --json` prints it, in bytes and milliseconds.
package struct SimulationReport: Encodable, Sendable {
    /// The memory of the service.
    package struct Memory: Equatable, Sendable {
        /// The figures before the first login.
        package let idle: MemoryWatch.Figures
        /// The maximum of each figure during the simulation.
        package let peak: MemoryWatch.Figures
        /// The kernel's own peak RSS; nil if it did not rise during the simulation.
        package let highWater: Int?
        /// The figures after the last turn.
        package let after: MemoryWatch.Figures
        /// The time from the last turn to that measurement, in milliseconds.
        package let afterMs: Int
        /// The service's `memory.limit`, in bytes.
        package let limit: Int

        /// Makes the figures of a simulation.
        package init(
            idle: MemoryWatch.Figures,
            peak: MemoryWatch.Figures,
            highWater: Int?,
            after: MemoryWatch.Figures,
            afterMs: Int,
            limit: Int
        ) {
            self.idle = idle
            self.peak = peak
            self.highWater = highWater
            self.after = after
            self.afterMs = afterMs
            self.limit = limit
        }

        /// Whether RSS exceeded the limit at any time.
        package var passedLimit: Bool { max(peak.rss, highWater ?? 0) > limit }

        /// Returns the difference between peak and idle, divided by the number of users.
        package func perUser(_ users: Int) -> MemoryWatch.Figures {
            MemoryWatch.Figures(
                rss: max(0, peak.rss - idle.rss) / users,
                anonymous: max(0, peak.anonymous - idle.anonymous) / users
            )
        }
    }

    /// The calls that the fake Telegram got.
    package struct Calls: Equatable, Sendable {
        /// All calls.
        package let count: Int
        /// Calls that were refused with 429.
        package let floods: Int
        /// Calls within a `retry_after`.
        package let early: Int
        /// Calls that the server would refuse or mend, in words.
        package let faults: [String]

        /// Makes the figures of a bot's calls.
        package init(count: Int, floods: Int, early: Int, faults: [String] = []) {
            (self.count, self.floods, self.early) = (count, floods, early)
            self.faults = faults
        }

        /// Reads the figures of a bot.
        @Loop package init(_ bot: FakeTelegramBot) {
            self.init(
                count: bot.counts.values.reduce(0, +),
                floods: bot.floods.refused,
                early: bot.floods.early,
                faults: bot.faults
            )
        }
    }

    /// The outcome of a simulation in virtual time.
    package struct Virtual: Encodable, Equatable, Sendable {
        /// The number of answers that a provider has begun again for a question asked once.
        package let boughtTwice: Int
        /// The sum that the tenants were charged, in millionths of a dollar.
        package let micros: Int64
        /// The number of events of the service.
        package let events: Int
        /// SHA-256 over all events, in hexadecimal.
        package let digest: String

        /// Makes an outcome.
        package init(boughtTwice: Int, micros: Int64, events: Int, digest: String) {
            self.boughtTwice = boughtTwice
            self.micros = micros
            self.events = events
            self.digest = digest
        }

        private enum CodingKeys: String, CodingKey {
            case boughtTwice = "bought_twice"
            case micros, events, digest
        }
    }

    /// The plan that was run.
    package let plan: SimulationPlan
    /// The counts of turns.
    package let tally: SimulationTally
    /// The number of lookups that the service's cache answered.
    package let cacheHits: Int
    /// The calls to Telegram, or nil without personas there.
    package let telegram: Calls?
    /// The memory of the service, or nil in virtual time.
    package let memory: Memory?
    /// The outcome in virtual time, or nil for a service of its own.
    package let virtual: Virtual?

    /// Makes a report.
    package init(
        _ plan: SimulationPlan,
        _ tally: SimulationTally,
        cacheHits: Int,
        telegram: Calls? = nil,
        memory: Memory? = nil,
        virtual: Virtual? = nil
    ) {
        self.plan = plan
        self.tally = tally
        self.cacheHits = cacheHits
        self.telegram = telegram
        self.memory = memory
        self.virtual = virtual
    }

    /// Whether no turn was lost, none was bought twice and memory stayed within the limit, and in
    /// Telegram no answer was doubled or out of order and no call early or faulty.
    package var isGood: Bool {
        let isRight = tally.turns.lost == 0 && tally.doubled == 0
        let isInOrder = tally.inOrder == tally.byInterface[.telegram]?.answered ?? 0
        let areCallsRight = telegram.map { $0.early == 0 && $0.faults.isEmpty } ?? true
        return isRight && isInOrder && areCallsRight && memory?.passedLimit != true
            && (virtual?.boughtTwice ?? 0) == 0
    }

    private enum Key: String, CodingKey {
        case users, seconds, seed, turns, api, web, pictures
        case refusedBy = "refused_by"
        case lostBy = "lost_by"
        case firstToken = "first_token_ms"
        case full = "full_ms"
        case pictureTime = "picture_ms"
        case cacheHits = "cache_hits"
        case doubled, calls, floods, early, faults
        case inOrder = "in_order"
        case final = "final_ms"
        case worstFinal = "worst_final_ms"
        case telegram, virtual, memory, idle, peak, after, limit
        case highWater = "high_water"
        case perUser = "per_user"
        case afterMs = "after_ms"
        case passedLimit = "limit_passed"
    }

    package func encode(to encoder: any Encoder) throws {
        var json = encoder.container(keyedBy: Key.self)
        try json.encode(plan.users, forKey: .users)
        try json.encode(plan.seconds, forKey: .seconds)
        try json.encode(plan.seed, forKey: .seed)
        try json.encode(tally.turns, forKey: .turns)
        try json.encode(tally.byInterface[.api] ?? .init(), forKey: .api)
        try json.encode(tally.byInterface[.web] ?? .init(), forKey: .web)
        try json.encode(tally.pictures, forKey: .pictures)
        try json.encode(tally.refusals, forKey: .refusedBy)
        let losses = tally.losses.map { ($0.key.rawValue, $0.value) }
        try json.encode(Dictionary(uniqueKeysWithValues: losses), forKey: .lostBy)
        try json.encode(tally.firstToken.percentiles, forKey: .firstToken)
        try json.encode(tally.full.percentiles, forKey: .full)
        try json.encode(tally.pictureTime.percentiles, forKey: .pictureTime)
        try json.encode(cacheHits, forKey: .cacheHits)
        if let telegram {
            var part = json.nestedContainer(keyedBy: Key.self, forKey: .telegram)
            try encode(telegram, to: &part)
        }
        try json.encodeIfPresent(virtual, forKey: .virtual)
        guard let figures = memory else { return }
        var memory = json.nestedContainer(keyedBy: Key.self, forKey: .memory)
        try memory.encode(figures.idle, forKey: .idle)
        try memory.encode(figures.peak, forKey: .peak)
        try memory.encode(figures.highWater, forKey: .highWater)
        try memory.encode(figures.perUser(plan.everybody), forKey: .perUser)
        try memory.encode(figures.after, forKey: .after)
        try memory.encode(figures.afterMs, forKey: .afterMs)
        try memory.encode(figures.limit, forKey: .limit)
        try memory.encode(figures.passedLimit, forKey: .passedLimit)
    }

    private func encode(
        _ calls: Calls,
        to json: inout KeyedEncodingContainer<Key>
    ) throws {
        try json.encode(tally.byInterface[.telegram] ?? .init(), forKey: .turns)
        try json.encode(tally.inOrder, forKey: .inOrder)
        try json.encode(tally.doubled, forKey: .doubled)
        try json.encode(calls.count, forKey: .calls)
        try json.encode(calls.floods, forKey: .floods)
        try json.encode(calls.early, forKey: .early)
        try json.encode(calls.faults, forKey: .faults)
        try json.encode(tally.final.percentiles, forKey: .final)
        try json.encode(tally.worstFinal.milliseconds(), forKey: .worstFinal)
    }
}
