package import BerthLoop

/// The identity of one request over all its attempts.
///
/// A circuit breaker counts a request that fails several times once.
@Loop package final class RequestMark: Equatable {
    /// Whether an attempt of the request has failed.
    ///
    /// Such a request probes a failing model only after fresh ones had their chance.
    private(set) var hasFailed = false

    /// Makes the mark of a request that has not been tried.
    package nonisolated init() {}

    /// Records a failed attempt.
    func fail() { hasFailed = true }

    package static nonisolated func == (left: RequestMark, right: RequestMark) -> Bool {
        left === right
    }
}
