import BerthLoop
import BerthMemory
import BerthText
import CMicrohttpd

extension HTTPServerExchange {
    /// The client exceeded the deadline of its current phase.
    func expire() {
        if stage == .body {
            refuseLate(.bodyTimeout(after: server.limits.bodyDeadline(of: target)))
        } else {
            connection.close()
            endChunksSoon()
            resume()
        }
    }

    /// Refuses a request before its body is read, and closes the connection after the answer.
    func refuse(_ status: Int, _ reason: String) -> Bool {
        queue(server.refuse(refusal(status, reason)), isLast: true)
    }

    /// Refuses a request whose header has arrived and whose body has not been read.
    func refuse(_ error: HTTPServerError, _ framing: HTTPServerFraming) -> Bool {
        // A client that waits for `100 Continue` sends nothing after the answer. Any other is
        // already sending its body, and would lose the answer if the connection were closed.
        if framing.expectsContinue || !framing.hasBody {
            return refuse(error.status, error.sentence)
        }
        refuseLate(error)
        return true
    }

    func refuseLate(_ error: HTTPServerError) {
        request?.body.fail(error)
        _ = refuseLate(error.status, error.sentence)
    }

    /// Answers at once, and reads on for a while, so a client that is still sending reads the
    /// answer.
    func refuseLate(_ status: Int, _ reason: String) -> Bool {
        stage = .refused
        task?.cancel()
        let response = server.refuse(refusal(status, reason))
        connection.sendLast(HTTPServerAnswer.wire(response, id: id))
        connection.deadline = server.now + HTTPServerLimits.refusedDeadline
        resume()
        return true
    }

    private func refusal(_ status: Int, _ reason: String) -> HTTPRefusal {
        HTTPRefusal(
            status: status,
            reason: reason,
            path: HTTPTarget.path(of: target),
            id: id
        )
    }

    func discard(_ count: Int) -> Int? {
        discarded += count
        return discarded > HTTPServerLimits.refusedBody.bytes ? nil : count
    }
}

extension HTTPServerError {
    fileprivate var status: Int {
        switch self {
        case .bodyTooLarge: 413
        case .bodyTimeout: 408
        case .badChunks: 400
        case .tooManyRequests: 429
        default: 500
        }
    }

    fileprivate var sentence: String {
        let words = "\(self)"
        return words.cut(toBytes: 1).uppercased() + Substring(words.utf8.dropFirst()) + "."
    }
}
