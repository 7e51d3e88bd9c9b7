/// A request to stop, made once and seen by every part of the service.
@Loop package final class Stop {
    /// Whether the stop was requested.
    package private(set) var isRequested = false
    private var listeners: [ObjectIdentifier: Wakeup] = [:]

    /// Makes a stop that is not requested yet.
    package nonisolated init() {}

    /// Asks every part to finish.
    ///
    /// A second call does nothing.
    package func request() {
        isRequested = true
        for listener in listeners.values { listener.signal() }
        listeners = [:]
    }

    /// Returns when the stop is requested or the task is cancelled.
    package func requested() async { await requested(or: Wakeup()) }

    /// Returns when the stop is requested, `wakeup` is signalled or the task is cancelled.
    package func requested(or wakeup: Wakeup) async {
        guard !isRequested else { return }
        listeners[ObjectIdentifier(wakeup)] = wakeup
        try? await wakeup.wait()  // a cancelled wait ends too
        listeners[ObjectIdentifier(wakeup)] = nil
    }
}
