import BerthLoop

/// The client of one persona, with connections of its own.
@Loop protocol PersonaClient: Sendable {
    /// Presents the persona's credentials to the service.
    ///
    /// - Throws: ``SignInError`` if the service rejects them, `HTTPClientError` if it is
    ///   unreachable.
    func signIn() async throws
    /// Sends a question and reads its answer to the end.
    func ask(_ turn: PlannedTurn) async -> TurnResult
    /// The number of answers that came again.
    var doubled: Int { get }
}

extension PersonaClient {
    /// A request has one answer.
    var doubled: Int { 0 }
}
