import BerthLoop

extension Connection {
    /// Charges a call.
    ///
    /// A call without a row gets one.
    ///
    /// - Returns: whether the call was reserved. If not, nothing was changed.
    func settle(_ settlement: Settlement, at now: Timestamp) throws(StoreError) -> Bool {
        let call =
            if let call = settlement.call { call } else {
                try reserve(settlement.reservation, step: nil, at: settlement.since)
            }
        if settlement.reservation.sideText != nil { try keep(settlement.sideText, by: call) }
        if let target = settlement.reservation.outline, let text = settlement.outline {
            try finishOutline(target, text, of: call)
        }
        let state: Call.State = settlement.isUncertain ? .uncertain : .settled
        return try end(call, as: state, charging: Charge(settlement), at: now)
    }

    func releaseCall(_ call: Call.ID, at now: Timestamp) throws(StoreError) -> Bool {
        try unclaim(call)
        try dropOutline(of: call)
        return try end(call, as: .released, charging: Charge(), at: now)
    }

    /// Releases the calls of a turn's running steps.
    func releaseOpenCalls(of turn: Turn.ID, at now: Timestamp) throws(StoreError) {
        let calls = try all(
            "SELECT call FROM turn_step WHERE turn = ? AND state = 'running' AND call IS NOT NULL",
            turn
        ) { row throws(StoreError) in row.id(0) as Call.ID }
        for call in calls { _ = try releaseCall(call, at: now) }
    }

    /// Charges a call whose outcome is unknown at its reservation: its tenant if it is `uncertain`,
    /// the house if it is `absorbed`.
    func loseCall(
        _ call: Call.ID,
        as state: Call.State = .uncertain,
        at now: Timestamp
    ) throws(StoreError) {
        guard let reserved = try self.call(call)?.reserved else { return }
        _ = try end(
            call,
            as: state,
            charging: Charge(cost: reserved, isEstimated: true),
            at: now
        )
    }

    func call(_ id: Call.ID) throws(StoreError) -> Call? {
        try first(
            """
            SELECT id, tenant, turn, step, provider, model, state, day_ms, estimated, created_ms,
                settled_ms,
                reserved_requests, reserved_input_tokens, reserved_output_tokens,
                reserved_images, reserved_micros, reserved_disk_bytes,
                requests, input_tokens, output_tokens, images, micros, disk_bytes,
                cached_tokens, cache_write_tokens
            FROM call WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in try Call(row) }
    }

    // MARK: The day

    func reserve(
        _ reservation: Reservation,
        step: TurnStep.ID?,
        at now: Timestamp
    ) throws(StoreError) -> Call.ID {
        let day = now.startOfDay
        try run(
            """
            INSERT INTO usage_day (tenant, day_ms, reserved_requests, reserved_input_tokens,
                reserved_output_tokens, reserved_images, reserved_micros, reserved_disk_bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                reserved_requests = reserved_requests + excluded.reserved_requests,
                reserved_input_tokens = reserved_input_tokens + excluded.reserved_input_tokens,
                reserved_output_tokens = reserved_output_tokens + excluded.reserved_output_tokens,
                reserved_images = reserved_images + excluded.reserved_images,
                reserved_micros = reserved_micros + excluded.reserved_micros,
                reserved_disk_bytes = reserved_disk_bytes + excluded.reserved_disk_bytes
            """,
            reservation.tenant,
            day,
            reservation.amounts
        )
        return try insert(
            """
            INSERT INTO call (tenant, turn, step, provider, model, state, day_ms, created_ms,
                reserved_requests, reserved_input_tokens, reserved_output_tokens, reserved_images,
                reserved_micros, reserved_disk_bytes)
            VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            reservation.tenant,
            reservation.turn,
            step,
            reservation.provider,
            reservation.model,
            day,
            now,
            reservation.amounts
        )
    }

    /// Ends a reserved call and its step, and puts its cost in the place of its reservation in the
    /// day's usage.
    private func end(
        _ call: Call.ID,
        as state: Call.State,
        charging charge: Charge,
        at now: Timestamp
    ) throws(StoreError) -> Bool {
        let held = try first(
            """
            SELECT tenant, day_ms, step, reserved_requests, reserved_input_tokens,
                reserved_output_tokens, reserved_images, reserved_micros, reserved_disk_bytes
            FROM call WHERE id = ? AND state = 'reserved'
            """,
            call,
            row: HeldAmounts.init
        )
        guard let held else { return false }
        // RETURNING would say the same, and make a table for it.
        try run(
            """
            UPDATE call SET state = ?, settled_ms = ?,
                requests = ?, input_tokens = ?, output_tokens = ?, images = ?, micros = ?,
                disk_bytes = ?, estimated = ?, cached_tokens = ?, cache_write_tokens = ?,
                job = NULL, pictures_name = NULL
            WHERE id = ?
            """,
            state,
            now,
            charge,
            call
        )
        try run(
            """
            UPDATE usage_day SET
                reserved_requests = max(0, reserved_requests - ?),
                reserved_input_tokens = max(0, reserved_input_tokens - ?),
                reserved_output_tokens = max(0, reserved_output_tokens - ?),
                reserved_images = max(0, reserved_images - ?),
                reserved_micros = max(0, reserved_micros - ?),
                reserved_disk_bytes = max(0, reserved_disk_bytes - ?),
                requests = requests + ?, input_tokens = input_tokens + ?,
                output_tokens = output_tokens + ?, images = images + ?, micros = micros + ?,
                disk_bytes = disk_bytes + ?, estimated = estimated + ?,
                cached_tokens = cached_tokens + ?, cache_write_tokens = cache_write_tokens + ?
            WHERE tenant = ? AND day_ms = ?
            """,
            held.amounts,
            state == .absorbed ? Charge() : charge,
            held.tenant,
            held.day
        )
        if let step = held.step { try endStep(step, as: state.ofStep, at: now) }
        return true
    }
}

/// The amounts that a call is charged at its end.
private struct Charge: Bindable {
    var cost = Amounts()
    var isEstimated = false
    var cachedTokens = 0
    var cacheWriteTokens = 0

    init(cost: Amounts = Amounts(), isEstimated: Bool = false) {
        (self.cost, self.isEstimated) = (cost, isEstimated)
    }

    init(_ settlement: Settlement) {
        (cost, isEstimated) = (settlement.cost, settlement.isEstimated)
        cachedTokens = settlement.cachedTokens
        cacheWriteTokens = settlement.cacheWriteTokens
    }

    /// Takes one `?` for each ``Amount``, and one for each of the other columns.
    func bind(to statement: Statement, after index: inout Int32) throws(StoreError) {
        try cost.bind(to: statement, after: &index)
        for number in [isEstimated ? 1 : 0, cachedTokens, cacheWriteTokens] {
            index += 1
            try statement.bind(.integer(Int64(number)), at: index)
        }
    }
}

/// The amounts that a call holds until it ends.
private struct HeldAmounts {
    let tenant: Tenant.ID
    let day: Timestamp
    let step: TurnStep.ID?
    let amounts: Amounts

    init(_ row: borrowing Row) throws(StoreError) {
        tenant = row.id(0)
        day = row.timestamp(1)
        step = row.idOrNil(2)
        amounts = row.amounts(3)
    }
}

extension Call.State {
    /// The state of the step that ends with the call.
    fileprivate var ofStep: TurnStep.State {
        switch self {
        case .reserved: .running
        case .settled: .done
        case .released: .failed
        case .uncertain, .absorbed: .uncertain
        }
    }
}
