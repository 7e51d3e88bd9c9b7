import BerthLoop

/// A queued request, which is answered exactly once.
@Loop final class QueuedRequest {
    let request: WorkRequest
    let listener: PlaceListener?
    private var answer: (@Loop (Result<Permit, QueueError>) -> Void)?

    init(
        _ request: WorkRequest,
        listener: PlaceListener?,
        answer: @escaping @Loop (Result<Permit, QueueError>) -> Void
    ) {
        self.request = request
        self.listener = listener
        self.answer = answer
    }

    func finish(_ result: Result<Permit, QueueError>) {
        let answer = answer
        self.answer = nil
        answer?(result)
    }
}
