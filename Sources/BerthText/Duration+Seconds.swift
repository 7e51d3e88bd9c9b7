extension Duration {
    /// Whole seconds, at least 1, rounded up so a client does not retry too early.
    package var secondsRoundedUp: Int64 {
        let (seconds, rest) = components
        return max(1, rest > 0 ? seconds.addingReportingOverflow(1).partialValue : seconds)
    }
}
