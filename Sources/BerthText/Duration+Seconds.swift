extension Duration {
    /// Whole seconds, rounded up so that nobody comes too early; at least 1.
    package var secondsRoundedUp: Int64 {
        let (seconds, rest) = components
        return max(1, rest > 0 ? seconds.addingReportingOverflow(1).partialValue : seconds)
    }
}
