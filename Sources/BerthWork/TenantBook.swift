import BerthConfig
package import BerthLoop
package import BerthStore

/// The amounts that one tenant has used and holds, of the day and of the month: the authority for
/// quotas.
///
/// It is in memory, so a check and the hold that it leads to are one step that nothing races, and
/// nobody waits for the disk. The ledger records the same amounts, and a start reads them there.
package struct TenantBook: Sendable {
    /// Settled and held of the day.
    package private(set) var today: Amounts
    /// Settled and held of the month.
    package private(set) var thisMonth: Amounts
    private var day: Timestamp
    private var dayEnd: Timestamp
    private var month: Timestamp

    /// Amounts that are held for one call until it ends.
    struct Hold: Sendable {
        let day: Timestamp
        let month: Timestamp
        let amounts: Amounts
    }

    /// Begins with the ledger's amounts of `now`'s day and month.
    package init(today: Amounts = Amounts(), thisMonth: Amounts = Amounts(), at now: Timestamp) {
        self.today = today
        self.thisMonth = thisMonth
        day = now.startOfDay
        dayEnd = now.endOfDay
        month = now.startOfMonth
    }

    /// Holds a call's worst case.
    ///
    /// - Throws: ``QuotaRefusal``; nothing is held then.
    mutating func hold(
        _ amounts: Amounts,
        within quotas: Quotas,
        at now: Timestamp
    ) throws(QuotaRefusal) -> Hold {
        turn(to: now)
        for rule in QuotaRule.all {
            let asked = rule.sum(of: amounts)
            // An amount that is not asked for is not refused, even if its quota is overdrawn.
            guard asked > 0 else { continue }
            let used = rule.sum(of: rule.period == .day ? today : thisMonth)
            let limit = quotas[rule.quota]
            guard used + asked > limit else { continue }
            throw QuotaRefusal(
                quota: rule.quota,
                used: used,
                asked: asked,
                limit: limit,
                resets: rule.period == .day ? now.endOfDay : now.endOfMonth
            )
        }
        today += amounts
        thisMonth += amounts
        return Hold(day: day, month: month, amounts: amounts)
    }

    /// Replaces the amounts of a hold by the cost, as far as its day and month still run.
    mutating func settle(_ hold: Hold, at cost: Amounts) {
        if hold.day == day { today = today - hold.amounts + cost }
        if hold.month == month { thisMonth = thisMonth - hold.amounts + cost }
    }

    /// Gives everything back, the request too.
    mutating func release(_ hold: Hold) { settle(hold, at: Amounts()) }

    /// Begins a new day with nothing used and a new month with nothing spent. A hold of an earlier
    /// day is settled against that day.
    mutating func turn(to now: Timestamp) {
        guard now < day || now >= dayEnd else { return }
        day = now.startOfDay
        dayEnd = now.endOfDay
        today = Amounts()
        guard now.startOfMonth != month else { return }
        month = now.startOfMonth
        thisMonth = Amounts()
    }
}
