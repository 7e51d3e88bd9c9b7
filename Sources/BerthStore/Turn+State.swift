extension Turn {
    /// The state of a turn, which the store keeps and which survives kill -9.
    ///
    /// | state     | start   | finish | retryLater | giveUp | stop    | interrupt | lose      | askAgain | retry    |
    /// |-----------|---------|--------|------------|--------|---------|-----------|-----------|----------|----------|
    /// | accepted  | running | done   | –          | failed | stopped | accepted  | uncertain | –        | –        |
    /// | running   | –       | done   | accepted   | failed | stopped | accepted  | uncertain | accepted | –        |
    /// | uncertain | –       | –      | –          | –      | –       | –         | –         | –        | accepted |
    /// | failed    | –       | –      | –          | –      | –       | –         | –         | –        | accepted |
    /// | stopped   | –       | –      | –          | –      | –       | –         | –         | –        | –        |
    /// | done      | –       | –      | –          | –      | –       | –         | –         | –        | –        |
    ///
    /// "–" is refused and nothing changes. The caller is late (a stop after the end) or wrong.
    /// Every change of a turn's state in the database is a row of this table. What is accepted goes
    /// on by itself, after a restart too. Only `start` leads to a provider, so what is *uncertain*
    /// is bought again by a person's `retry` alone. A start may use `askAgain` instead of `lose`,
    /// once for each turn.
    package enum State: String, SQLConvertible, CaseIterable, Sendable {
        /// On the disk and acknowledged to the channel; no call of it is out.
        case accepted
        /// Its call may be at a provider.
        case running
        /// Answered.
        case done
        /// Ended by its author.
        case stopped
        /// Given up, with the reason beside it.
        case failed
        /// Its call, or that of a text which it needs, was cut off: nobody knows what became of it.
        case uncertain
    }

    /// An event in a turn's life.
    package enum Event: String, CaseIterable, Sendable {
        /// It got a permit: its provider is about to be asked.
        case start
        /// Its answer is complete: from a provider, from the cache, or asked for by another turn.
        case finish
        /// Its call failed, nothing was bought, and it is tried again.
        case retryLater
        /// It failed for good, or its attempts or its time are used up.
        case giveUp
        /// Its author does not want it any more.
        case stop
        /// The service ends in good order: the call was ended and charged, the turn goes on at the
        /// next start.
        case interrupt
        /// The start found it running, or a text that it needs may have been bought and is lost.
        case lose
        /// The start found it running, and asks it again at the house's cost.
        case askAgain
        /// A person asked for it again.
        case retry
    }
}

extension Turn.State {
    /// The state after `event`, or nil where the table has "–"; pure.
    package func after(_ event: Turn.Event) -> Turn.State? {
        switch (self, event) {
        case (.accepted, .start): .running
        case (.accepted, .finish), (.running, .finish): .done
        case (.running, .retryLater): .accepted
        case (.accepted, .giveUp), (.running, .giveUp): .failed
        case (.accepted, .stop), (.running, .stop): .stopped
        case (.accepted, .interrupt), (.running, .interrupt): .accepted
        case (.accepted, .lose), (.running, .lose): .uncertain
        case (.running, .askAgain): .accepted
        case (.uncertain, .retry), (.failed, .retry): .accepted
        default: nil
        }
    }

    /// Whether it is owed to somebody and goes on by itself.
    package var isOpen: Bool { self == .accepted || self == .running }
}
