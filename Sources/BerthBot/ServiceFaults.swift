package import BerthLoop

/// The parts of the service that do not work now, for the operator.
@Loop package final class ServiceFaults {
    private var watched: [@Loop () -> String?] = []
    private var moving: [@Loop () -> String?] = []

    /// Makes a list without parts.
    package nonisolated init() {}

    /// Adds a part, whose `words` are its fault now, or nil.
    ///
    /// Anybody may read the words, so that they hold no secret.
    package func watch(_ words: @escaping @Loop () -> String?) { watched.append(words) }

    /// Adds a part that must make progress, whose `words` say that it has stood still, or are nil.
    ///
    /// Only a new start of the process helps then.
    package func watchProgress(_ words: @escaping @Loop () -> String?) { moving.append(words) }

    /// The faults, in the order of the parts.
    package var all: [String] { watched.compactMap { $0() } }

    /// The parts that have stood still, in the order of the parts.
    package var stuck: [String] { moving.compactMap { $0() } }
}
