import BerthLoop
import BerthTelemetry
import BerthText

/// The members of requests that no table lists, for one provider.
///
/// Each is named in the log once, so that the operator learns of a member that may cost money.
@Loop final class UnknownMembers {
    private let provider: String
    private let arePassed: Bool
    private let surroundings: Surroundings
    private var named: Set<String> = []

    /// The most names that are logged.
    ///
    /// A client chooses them, so that their number must have a bound.
    static nonisolated let most = 64

    /// Makes the record of `provider`, to which the members are sent if `arePassed`.
    init(of provider: String, arePassed: Bool, in surroundings: Surroundings) {
        self.provider = provider
        self.arePassed = arePassed
        self.surroundings = surroundings
    }

    /// Logs the names that are new, and returns those that are not sent.
    func dropped(_ names: [String]) -> [String] {
        for name in names where named.count < UnknownMembers.most && named.insert(name).inserted {
            surroundings.log.warning(
                arePassed
                    ? "a member of a request is unknown and is passed on"
                    : "a member of a request is unknown and is left out",
                ["provider": .text(provider), "member": .text(name.cut(toBytes: 64))]
            )
        }
        return arePassed ? [] : names
    }
}
