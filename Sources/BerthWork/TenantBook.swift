import BerthConfig
package import BerthLoop
package import BerthStore

/// The amounts that one tenant has used and reserved in the day and the month, which decide quotas.
///
/// It is in memory, so a check and its reservation are one step without a race, and no caller waits
/// for the disk. The ledger records the same amounts, and a start reads them from it.
package struct TenantBook: Sendable {
    /// The amounts settled and held in the day.
    package private(set) var today: Amounts
    /// The amounts settled and held in the month.
    package private(set) var thisMonth: Amounts
    private var day: Timestamp
    private var dayEnd: Timestamp
    private var month: Timestamp
    private var monthEnd: Timestamp

    /// Amounts that are held for one call until it ends.
    struct Hold: Sendable {
        let day: Timestamp
        let month: Timestamp
        let amounts: Amounts
    }

    /// Begins with the ledger's amounts of `now`'s day and of `month`, by default `now`'s.
    package init(
        today: Amounts = Amounts(),
        thisMonth: Amounts = Amounts(),
        at now: Timestamp,
        in month: CalendarMonth? = nil
    ) {
        self.today = today
        self.thisMonth = thisMonth
        day = now.startOfDay
        dayEnd = now.endOfDay
        let month = month ?? now.month
        (self.month, monthEnd) = (month.start, month.end)
    }

    /// Holds a call's worst case.
    ///
    /// - Throws: ``QuotaRefusal``. Nothing is held then.
    mutating func hold(
        _ amounts: Amounts,
        within quotas: Quotas,
        at now: Timestamp,
        in month: CalendarMonth? = nil
    ) throws(QuotaRefusal) -> Hold {
        turn(to: now, in: month ?? now.month)
        for rule in QuotaRule.all {
            let asked = rule.sum(of: amounts)
            // A call that needs nothing of a quota is not refused by it, even if the quota is
            // overdrawn.
            guard asked > 0 else { continue }
            let used = rule.sum(of: rule.period == .day ? today : thisMonth)
            let limit = quotas[rule.quota]
            guard used + asked > limit else { continue }
            throw QuotaRefusal(
                quota: rule.quota,
                used: used,
                asked: asked,
                limit: limit,
                resets: rule.period == .day ? dayEnd : monthEnd
            )
        }
        today += amounts
        thisMonth += amounts
        return Hold(day: day, month: self.month, amounts: amounts)
    }

    /// Checks that a hold still fits within quotas, which may be lower than when it was taken.
    ///
    /// A hold of an earlier day or month is not part of the present one's amounts.
    func check(_ hold: Hold, within quotas: Quotas) throws(QuotaRefusal) {
        for rule in QuotaRule.all {
            let (asked, isOfDay) = (rule.sum(of: hold.amounts), rule.period == .day)
            guard asked > 0, isOfDay ? hold.day == day : hold.month == month else { continue }
            let (used, limit) = (rule.sum(of: isOfDay ? today : thisMonth), quotas[rule.quota])
            guard used > limit else { continue }
            throw QuotaRefusal(
                quota: rule.quota,
                used: used - asked,
                asked: asked,
                limit: limit,
                resets: isOfDay ? dayEnd : monthEnd
            )
        }
    }

    /// Replaces the amounts of a hold by the cost, as far as its day and month still run.
    mutating func settle(_ hold: Hold, at cost: Amounts) {
        if hold.day == day { today = today - hold.amounts + cost }
        if hold.month == month { thisMonth = thisMonth - hold.amounts + cost }
    }

    /// Gives the whole hold back, including the request.
    mutating func release(_ hold: Hold) { settle(hold, at: Amounts()) }

    /// Begins a new day with nothing used, and a new month with nothing spent.
    ///
    /// A hold of an earlier day is settled against that day. A time before the day belongs to it, so
    /// that nothing is used twice.
    mutating func turn(to now: Timestamp, in month: CalendarMonth) {
        if now >= dayEnd {
            (day, dayEnd) = (now.startOfDay, now.endOfDay)
            today = Amounts()
        }
        if month.start == self.month {
            monthEnd = month.end
        } else if month.start > self.month {
            (self.month, monthEnd) = (month.start, month.end)
            thisMonth = Amounts()
        }
    }
}
