/// A model or a provider that is not called for now, in the words of its callers.
package struct Closure: Hashable, Sendable, CustomStringConvertible {
    /// The provider's name, as configured.
    package let provider: String
    /// The provider's name of the model; nil if all of the provider's models are closed.
    package let model: String?
    /// The reason.
    package let reason: ClosedReason
    /// Whether it is closed to the calls of one tenant alone.
    package let isOwn: Bool

    /// Makes a closure.
    package init(provider: String, model: String?, reason: ClosedReason, isOwn: Bool = false) {
        self.provider = provider
        self.model = model
        self.reason = reason
        self.isOwn = isOwn
    }

    package var description: String {
        let subject = model.map { "model '\(provider)/\($0)'" } ?? "provider '\(provider)'"
        return switch (reason, isOwn) {
        case (.failing, false): "\(subject) keeps failing and is not called for now"
        case (.failing, true): "\(subject) keeps failing at your requests, which are held back"
        case (.paused, false): "\(subject) has asked for a pause"
        case (.paused, true): "\(subject) has asked for a pause of your requests"
        }
    }
}
