package import BerthLoop

/// One request to a provider in the ledger: who pays what, never what was said.
package struct Call: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Call>

    /// The life of a call: reserved → one of the others, for good.
    package enum State: String, Bindable, Sendable {
        /// The worst case is held.
        case reserved
        /// Its real cost was charged.
        case settled
        /// Nothing was bought.
        case released
        /// The service ended in between: charged at its reservation.
        case uncertain
    }

    /// Its key.
    package let id: ID
    /// Whose it is.
    package let tenant: Tenant.ID
    /// How it stands.
    package let state: State
    /// The start of the day that it is charged to.
    package let day: Timestamp
    /// Tokens held as the worst case.
    package let reservedTokens: Int
    /// Millionths of a dollar held as the worst case.
    package let reservedMicros: Int64
    /// Tokens of prompts.
    package let inputTokens: Int
    /// Tokens of answers.
    package let outputTokens: Int
    /// Millionths of a dollar charged in the end.
    package let settledMicros: Int64
}

/// What a call may cost at worst, before the provider is asked.
package struct Reservation: Equatable, Sendable {
    /// Whose it is.
    package var tenant: Tenant.ID
    /// The turn it answers, or nil for an API call.
    package var turn: Turn.ID?
    /// As the configuration names it.
    package var provider: String
    /// As the provider knows it.
    package var model: String
    /// The estimated input and the most output.
    package var tokens: Int
    /// What those cost, in millionths of a dollar.
    package var micros: Int64

    /// Makes a reservation; negative numbers count as 0.
    package init(
        tenant: Tenant.ID,
        turn: Turn.ID? = nil,
        provider: String,
        model: String,
        tokens: Int,
        micros: Int64
    ) {
        self.tenant = tenant
        self.turn = turn
        self.provider = provider
        self.model = model
        self.tokens = tokens
        self.micros = micros
    }
}

/// What a call has cost.
package struct CallCost: Equatable, Sendable {
    /// Tokens of prompts.
    package var inputTokens: Int
    /// Tokens of answers.
    package var outputTokens: Int
    /// Millionths of a dollar.
    package var micros: Int64
    /// Whether the tokens are our estimate, not the provider's count.
    package var isEstimated: Bool

    /// Makes a cost; negative numbers count as 0.
    package init(inputTokens: Int, outputTokens: Int, micros: Int64, isEstimated: Bool) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.micros = micros
        self.isEstimated = isEstimated
    }
}

/// A call that was not settled though its turn has ended: the service was killed in between.
package struct EndedCall: Equatable, Sendable {
    /// Its key.
    package let id: Call.ID
    /// As the configuration names it.
    package let provider: String
    /// As the provider knows it.
    package let model: String
    /// Tokens of the prompt, as the turn has them.
    package let inputTokens: Int
    /// Tokens of the answer, as the turn has them.
    package let outputTokens: Int
    /// Whether they are our estimate.
    package let isEstimated: Bool
}

extension Connection {
    /// Holds a call's worst case: on the disk before the provider is asked.
    ///
    /// Quotas are not looked at here. The call is charged to the day of `now` (in the process's time
    /// zone), whenever it ends.
    ///
    /// - Returns: the call, to be settled or released.
    package func reserve(
        _ reservation: Reservation,
        at now: Timestamp
    ) throws(StoreError) -> Call.ID {
        let tokens = Ledger.clamp(reservation.tokens)
        let day = now.startOfDay
        try run(
            """
            INSERT INTO usage_day (tenant, day_ms, requests, reserved_tokens) VALUES (?, ?, 1, ?)
            ON CONFLICT DO UPDATE SET requests = requests + 1,
                reserved_tokens = reserved_tokens + excluded.reserved_tokens
            """,
            reservation.tenant,
            day,
            tokens
        )
        return try insert(
            """
            INSERT INTO call (tenant, turn, provider, model, state, day_ms, reserved_tokens,
                reserved_micros, created_ms)
            VALUES (?, ?, ?, ?, 'reserved', ?, ?, ?, ?)
            """,
            reservation.tenant,
            reservation.turn,
            reservation.provider,
            reservation.model,
            day,
            tokens,
            Ledger.clamp(reservation.micros),
            now
        )
    }

    /// Charges what a call has really cost, to the day on which it was reserved.
    ///
    /// - Returns: whether the call was reserved; if not, nothing was charged.
    @discardableResult
    package func settle(
        _ call: Call.ID,
        at cost: CallCost,
        now: Timestamp
    ) throws(StoreError) -> Bool {
        let input = Ledger.clamp(cost.inputTokens)
        let output = Ledger.clamp(cost.outputTokens)
        let micros = Ledger.clamp(cost.micros)
        let held = try first(
            """
            UPDATE call SET state = 'settled', input_tokens = ?, output_tokens = ?,
                settled_micros = ?, estimated = ?, settled_ms = ?
            WHERE id = ? AND state = 'reserved' RETURNING tenant, day_ms, reserved_tokens
            """,
            input,
            output,
            micros,
            cost.isEstimated,
            now,
            call,
            row: Ledger.Held.init
        )
        guard let held else { return false }
        try run(
            """
            UPDATE usage_day SET reserved_tokens = max(0, reserved_tokens - ?),
                input_tokens = input_tokens + ?, output_tokens = output_tokens + ?,
                micros = micros + ?
            WHERE tenant = ? AND day_ms = ?
            """,
            held.tokens,
            input,
            output,
            micros,
            held.tenant,
            held.day
        )
        return true
    }

    /// Gives everything back: the provider was not asked, or has bought nothing.
    ///
    /// - Returns: whether the call was reserved; if not, nothing was changed.
    @discardableResult
    package func release(_ call: Call.ID, at now: Timestamp) throws(StoreError) -> Bool {
        let held = try first(
            """
            UPDATE call SET state = 'released', settled_ms = ?
            WHERE id = ? AND state = 'reserved' RETURNING tenant, day_ms, reserved_tokens
            """,
            now,
            call,
            row: Ledger.Held.init
        )
        guard let held else { return false }
        try run(
            """
            UPDATE usage_day SET requests = max(0, requests - 1),
                reserved_tokens = max(0, reserved_tokens - ?)
            WHERE tenant = ? AND day_ms = ?
            """,
            held.tokens,
            held.tenant,
            held.day
        )
        return true
    }

    /// At the start: the open calls of which an earlier run has written what they came to, and what
    /// the turn says that they have cost; 0 tokens: it is to be tried again, nothing was bought.
    ///
    /// A turn that has ended without tokens says nothing: others may have listened to its call on.
    package func openCallsOfEndedTurns() throws(StoreError) -> [EndedCall] {
        try all(
            """
            SELECT call.id, provider, call.model, iif(due_ms IS NULL, turn.input_tokens, 0),
                iif(due_ms IS NULL, turn.output_tokens, 0), turn.estimated
            FROM call JOIN turn ON turn.id = call.turn
            WHERE call.state = 'reserved' AND turn.state <> 'running'
                AND (due_ms IS NOT NULL OR turn.input_tokens + turn.output_tokens > 0)
            """
        ) { row throws(StoreError) in
            EndedCall(
                id: row.id(0),
                provider: row.text(1),
                model: row.text(2),
                inputTokens: row.int(3),
                outputTokens: row.int(4),
                isEstimated: row.bool(5)
            )
        }
    }

    /// At the start: charges every call that an earlier run left open at its reservation.
    ///
    /// Nobody knows what the provider did. Its tokens count as output, in the call and in the day.
    ///
    /// - Returns: how many there were.
    package func chargeOpenCalls(at now: Timestamp) throws(StoreError) -> Int {
        try run(
            """
            UPDATE usage_day SET reserved_tokens = max(0, reserved_tokens - held.tokens),
                output_tokens = output_tokens + held.tokens,
                micros = usage_day.micros + held.micros
            FROM (SELECT tenant, day_ms, sum(reserved_tokens) AS tokens,
                    sum(reserved_micros) AS micros
                FROM call WHERE state = 'reserved' GROUP BY tenant, day_ms) AS held
            WHERE usage_day.tenant = held.tenant AND usage_day.day_ms = held.day_ms
            """
        )
        return try run(
            """
            UPDATE call SET state = 'uncertain', output_tokens = reserved_tokens,
                settled_micros = reserved_micros, estimated = 1, settled_ms = ?
            WHERE state = 'reserved'
            """,
            now
        )
    }

    /// A call of the ledger, or nil.
    package func call(_ id: Call.ID) throws(StoreError) -> Call? {
        try first(
            """
            SELECT id, tenant, state, day_ms, reserved_tokens, reserved_micros, input_tokens,
                output_tokens, settled_micros
            FROM call WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in
            Call(
                id: row.id(0),
                tenant: row.id(1),
                state: try row.word(2),
                day: row.timestamp(3),
                reservedTokens: row.int(4),
                reservedMicros: row.int64(5),
                inputTokens: row.int(6),
                outputTokens: row.int(7),
                settledMicros: row.int64(8)
            )
        }
    }
}

/// The ledger's small change.
private enum Ledger {
    /// What a call holds until it ends.
    struct Held {
        let tenant: Tenant.ID
        let day: Timestamp
        let tokens: Int

        init(_ row: borrowing Row) throws(StoreError) {
            tenant = row.id(0)
            day = row.timestamp(1)
            tokens = row.int(2)
        }
    }

    /// The most tokens or micros of one call.
    ///
    /// A sum passes 63 bits only after eight million calls of this size, and SQLite refuses a sum that does: no counter ever wraps.
    static let most = 1 << 40

    /// A number that a provider or a client may have made up, as one that can be added.
    static func clamp(_ number: Int) -> Int { min(max(0, number), most) }

    static func clamp(_ number: Int64) -> Int64 { Int64(clamp(Int(clamping: number))) }
}
