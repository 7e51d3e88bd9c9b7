import BerthLoop

extension FairQueue {
    /// Estimates the queue position of `ticket`; nil if it is no longer queued.
    ///
    /// The estimate uses each line's mean cost, so it is exact if all entries of a line cost the
    /// same. It takes O(lines + entries of the same tenant ahead of it), so it is computed
    /// periodically and not at every change.
    package func place(of ticket: Ticket) -> QueuePlace? {
        guard let own = ticket.line else { return nil }
        let queue = queue(ticket.lane)
        let (before, due) = inLine(ticket, of: own)
        var (entries, units) = (before, due - own.start)
        for line in queue.lines where line !== own {
            let count = entriesAhead(in: line, of: own, due)
            entries += count
            units += min(line.units, Int64(count) * line.mean)
        }
        for rival in rivals(of: ticket.lane) {
            let share = Double(max(0, units)) * Double(rival.weight) / Double(queue.weight)
            entries += Int(min(Double(rival.count), share / Double(rival.mean)))
        }
        return QueuePlace(ahead: entries, wait: pause + interval * (entries + 1))
    }

    /// Returns the number of the tenant's own entries ahead of `ticket`, and the round in which it
    /// is due.
    private func inLine(_ ticket: Ticket, of line: TenantLine<Entry>) -> (before: Int, due: Int64) {
        var (before, due, current) = (0, line.due, line.tickets.first)
        while let here = current, here !== ticket {
            before += 1
            current = here.next
            due += current?.cost.units ?? 0
        }
        return (before, due)
    }

    /// Returns the number of entries of `line` that are served before the round `due` of an entry
    /// of `own`.
    ///
    /// Within the same round, the line with the lower order is served first.
    private func entriesAhead(
        in line: TenantLine<Entry>,
        of own: TenantLine<Entry>,
        _ due: Int64
    ) -> Int {
        let last = line.order < own.order ? due : due - 1
        guard line.due <= last else { return 0 }
        return 1 + min(line.tickets.count - 1, Int((last - line.due) / line.mean))
    }
}
