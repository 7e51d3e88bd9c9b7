import BerthLoop

/// The trouble that one tenant's calls have at one model.
struct TenantStanding {
    /// Closed to this tenant alone.
    var breaker = CircuitBreaker.fresh
    /// The refusals that were this tenant's alone.
    var refusals = RefusalSeries()
    /// The last time that a call overloaded the model; nil before the first.
    var overran: Instant?
    /// The time of the last trouble.
    var touched: Instant
}
