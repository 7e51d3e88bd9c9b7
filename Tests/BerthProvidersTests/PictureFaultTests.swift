import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

/// The forms of fal's errors, and what each of them means.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureFaultTests {
    /// The meaning of an error for the user, the operator and the money.
    enum Meaning: String, Sendable {
        case refused, policy, unknownModel, key, credit, rate, unavailable, uncertain
        case rejectedJob, rejectedPolicy, timedOut, undelivered, malformed

        init?(_ error: ProviderError?) {
            guard let error else { return nil }
            switch error {
            case .refused(_, _, _, "content_policy_violation"): self = .policy
            case .refused where error.isUnknownModel: self = .unknownModel
            case .refused: self = .refused
            case .rejectedJob(_, _, _, "content_policy_violation"): self = .rejectedPolicy
            case .rejectedJob: self = .rejectedJob
            case .keyRefused: self = .key
            case .accountEmpty: self = .credit
            case .rateLimited: self = .rate
            case .unavailable: self = .unavailable
            case .uncertain: self = .uncertain
            case .timedOut: self = .timedOut
            case .undelivered: self = .undelivered
            case .malformed: self = .malformed
            default: return nil
            }
        }

        /// Whether it means that nothing was bought.
        var isFree: Bool {
            [.refused, .policy, .unknownModel, .key, .credit, .rate, .unavailable].contains(self)
        }
    }

    /// The place in which an error comes.
    enum Phase: Sendable {
        /// The answer to the order.
        case submit
        /// The answer to the question for the status.
        case status
        /// The result of a job that is COMPLETED; the text is added to its status.
        case result(String)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let phase: Phase
        let status: Int
        let body: String
        let meaning: Meaning
        /// Words that the user reads.
        var words = ""

        init(
            _ phase: Phase,
            _ status: Int,
            _ body: String,
            _ meaning: Meaning,
            _ words: String = ""
        ) {
            (self.phase, self.status, self.body) = (phase, status, body)
            (self.meaning, self.words) = (meaning, words)
        }

        var testDescription: String { "\(phase) \(status) \(body.prefix(60))" }
    }

    private static let failed = #","error":"Failed","error_type":"x""#

    static let submits: [Row] = [
        Row(.submit, 401, #"{"detail":"No user found for Key ID and Secret"}"#, .key),
        Row(
            .submit,
            401,
            #"{"detail":"Authentication is required to access this application."}"#,
            .key
        ),
        Row(
            .submit,
            403,
            #"{"detail":"User is locked. Reason: Exhausted balance. Top up."}"#,
            .credit
        ),
        Row(.submit, 403, #"{"detail":"Forbidden"}"#, .key),
        Row(.submit, 402, #"{"detail":"Payment required"}"#, .credit),
        Row(.submit, 404, #"{"detail":"Application 'flux' not found"}"#, .unknownModel),
        Row(.submit, 404, #"{"detail":"Path /x not found"}"#, .unknownModel),
        Row(
            .submit,
            422,
            #"{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]}"#,
            .refused,
            "body.prompt: Field required"
        ),
        Row(
            .submit,
            422,
            #"{"detail":[{"loc":["body","prompt"],"msg":"flagged","type":"content_policy_violation","input":"secret"}]}"#,
            .policy,
            "flagged"
        ),
        Row(.submit, 400, #"{"detail":"Invalid JSON"}"#, .refused, "Invalid JSON"),
        Row(.submit, 405, #"{"detail":"Method Not Allowed"}"#, .refused),
        Row(.submit, 413, "<html><title>413 Too Large</title></html>", .refused, "413 Too Large"),
        Row(.submit, 429, #"{"detail":"Too many requests"}"#, .rate),
        Row(.submit, 429, "", .rate),
        Row(.submit, 500, #"{"detail":"Internal","error_type":"internal_error"}"#, .unavailable),
        Row(
            .submit,
            503,
            #"{"detail":"x","error_type":"runner_scheduling_failure"}"#,
            .unavailable
        ),
        Row(.submit, 503, "", .unavailable),
        Row(.submit, 500, "", .uncertain),
        Row(.submit, 502, "<html><title>Bad Gateway</title></html>", .uncertain),
        Row(.submit, 504, "upstream request timeout", .uncertain),
        Row(.submit, 520, "", .uncertain),
        Row(.submit, 200, "", .uncertain),
        Row(.submit, 200, "<html>Welcome</html>", .uncertain),
        Row(.submit, 200, #"{"status":"IN_QUEUE"}"#, .uncertain),
        Row(.submit, 200, #"{"request_id":"../x"}"#, .uncertain),
        Row(.submit, 200, #"{"request_id":""}"#, .uncertain),
        Row(.submit, 200, #"["request_id"]"#, .uncertain),
        Row(.submit, 200, #"{"detail":"No"}"#, .refused, "No"),
        Row(.submit, 302, "", .refused),
    ]

    static let states: [Row] = [
        Row(.status, 401, #"{"detail":"No"}"#, .uncertain, "API key"),
        Row(.status, 403, "", .uncertain, "API key"),
        Row(.status, 404, #"{"detail":"Request not found"}"#, .uncertain, "does not know the job"),
        Row(.status, 410, "", .uncertain),
        Row(.status, 200, "{}", .uncertain, "status"),
        Row(.status, 200, "<html>", .uncertain),
        Row(.status, 500, "", .timedOut),
        Row(.status, 429, "", .timedOut),
        Row(.status, 200, #"{"status":"UNHEARD_OF"}"#, .timedOut),
        Row(.status, 200, #"{"status":"IN_QUEUE","queue_position":-5}"#, .timedOut),
    ]

    static let results: [Row] = [
        Row(
            .result(failed),
            422,
            #"{"detail":[{"loc":["body","prompt"],"msg":"It was flagged","type":"content_policy_violation"}]}"#,
            .rejectedPolicy,
            "It was flagged"
        ),
        // The status of an older job has no error.
        Row(
            .result(""),
            422,
            #"{"detail":[{"loc":["body","image_url"],"msg":"Too large","type":"image_too_large"}]}"#,
            .rejectedJob,
            "body.image_url: Too large"
        ),
        Row(.result(failed), 400, #"{"detail":"Request was cancelled"}"#, .rejectedJob),
        Row(
            .result(failed),
            500,
            #"{"detail":[{"msg":"x","type":"internal_server_error"}]}"#,
            .unavailable
        ),
        Row(.result(failed), 504, #"{"detail":"x","error_type":"request_timeout"}"#, .unavailable),
        Row(
            .result(failed),
            503,
            #"{"detail":"x","error_type":"runner_disconnected"}"#,
            .unavailable
        ),
        Row(.result(failed), 429, #"{"detail":"Downstream limit"}"#, .rate),
        Row(.result(failed), 401, #"{"detail":"Downstream key"}"#, .unavailable),
        Row(.result(failed), 502, "<html>Bad Gateway</html>", .unavailable),
        Row(.result(failed), 200, "{}", .unavailable),
        Row(.result(""), 401, #"{"detail":"No"}"#, .uncertain),
        Row(.result(""), 200, "{}", .undelivered),
        Row(.result(""), 200, #"{"images":[]}"#, .undelivered),
        Row(.result(""), 200, #"{"images":[{"url":null}],"image":7}"#, .undelivered),
        Row(.result(""), 200, "<html>Hello</html>", .malformed),
        Row(.result(""), 200, "", .malformed),
        Row(
            .result(""),
            200,
            #"{"images":[{"url":"http://x/y"}],"has_nsfw_concepts":[true]}"#,
            .rejectedPolicy,
            "safety checker"
        ),
    ]

    @Loop @Test(arguments: submits + states + results)
    func `an error of fal means what it says`(row: Row) async throws {
        let asker = Asker()
        var submits = 0
        let handler: HTTPHandler = { request in
            let answer = HTTPResponse(
                status: row.status,
                headers: ["content-type": "application/json"],
                body: .bytes(Array(row.body.utf8))
            )
            if request.method == "POST" {
                submits += 1
                if case .submit = row.phase { return answer }
                return .json(Array(#"{"request_id":"r1"}"#.utf8))
            }
            guard request.path.hasSuffix("/status") else { return answer }
            guard case .result(let more) = row.phase else { return answer }
            return .json(Array(#"{"status":"COMPLETED","logs":null\#(more)}"#.utf8))
        }
        try await withServer(handler) { url in
            var settings = try asker.settings(url, .fal)
            if row.meaning == .timedOut { settings.timeout.whole = .seconds(8) }
            let provider = FalProvider(settings, client: asker.client, in: .quiet(FastClock()))
            let outcome = await asker.make(
                provider,
                asker.order("fal-ai/flux"),
                into: PictureShelf()
            )
            let meaning = Meaning(outcome.error)
            #expect(meaning == row.meaning, "\(String(describing: outcome.error))")
            #expect(outcome.error?.meansNothingBought == meaning?.isFree)
            let words = outcome.error?.description ?? ""
            #expect(words.contains(row.words), "\(words)")
            #expect(!words.contains(Asker.key) && !words.contains("127.0.0.1"))
            #expect(!words.contains("secret"))
            #expect(submits == 1)
        }
    }

    @Loop @Test func `a wait that the provider asks for is passed on`() async throws {
        let asker = Asker()
        try await withFal { url, _ in
            let call = asker.order("fake/flux/429")
            let outcome = await asker.make(try asker.fal(url), call, into: PictureShelf())
            guard case .rateLimited(_, let wait, _) = outcome.error else {
                Issue.record("\(String(describing: outcome.error))")
                return
            }
            #expect(wait == .seconds(2))
        }
    }

    /// The faults of downloads, and a word of what the user reads.
    static let downloads = [
        ("cut", "incomplete"), ("html", "text/html"), ("html-as-png", "web page"),
        ("text", "text/plain"), ("empty", "empty"), ("redirect-loop", "others"),
        ("redirect-private", "not public"), ("endless", "larger than"), ("huge", "larger than"),
        ("missing", "404"),
    ]

    @Loop @Test(arguments: downloads)
    func `a picture that cannot be fetched is named in words`(fault: (String, String)) async throws
    {
        let (asker, shelf) = (Asker(), PictureShelf())
        try await withFal { url, fake in
            let call = asker.order("fake/flux/\(fault.0)")
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            guard case .undelivered(_, let reason) = outcome.error else {
                Issue.record("\(String(describing: outcome.error))")
                return
            }
            let (count, held) = (shelf.pictures.count, call.memory.account.held)
            #expect(reason.contains(fault.1), "\(reason)")
            #expect(outcome.error?.meansNothingBought == false)
            #expect(count == 0)
            #expect(held == .zero)
        }
    }

    @Loop
    @Test(arguments: [
        "http://10.0.0.1/x.png", "http://169.254.169.254/latest", "http://localhost:1/x",
        "http://[::1]/x", "http://[::ffff:10.0.0.1]/x", "file:///etc/passwd", "ftp://x.example/y",
        "http://user:pw@127.0.0.1/x", "http://127.0.0.1:1/x", "https://", "http://a b/", "//",
        "http://2130706433/x", "http://0x7f.1/x", "gopher://x", "javascript:1",
    ])
    func `an address that is not public is not asked`(link: String) async throws {
        let asker = Asker()
        let handler: HTTPHandler = { request in
            if request.method == "POST" { return .json(Array(#"{"request_id":"r1"}"#.utf8)) }
            if request.path.hasSuffix("/status") {
                return .json(Array(#"{"status":"COMPLETED"}"#.utf8))
            }
            let json = Array(#"{"images":[{"url":"#.utf8) + JSON.quote(link) + Array("}]}".utf8)
            return .json(json)
        }
        try await withServer(handler) { url in
            let call = asker.order("fal-ai/flux")
            let outcome = await asker.make(try asker.fal(url), call, into: PictureShelf())
            guard case .undelivered(_, let reason) = outcome.error else {
                Issue.record("\(String(describing: outcome.error))")
                return
            }
            #expect(!reason.contains("10.0.0.1") && !reason.contains("127.0.0.1"))
        }
    }

    @Loop @Test func `of several pictures one that is lost does not lose the others`() async throws
    {
        let asker = Asker()
        let fake = FakeFal(pace: FakeFal.Pace(), in: .quiet())
        let handler = fake.handler
        let broken: HTTPHandler = { request in
            let isFirst = request.path.hasPrefix("/pictures") && fake.tally.downloads == 0
            let answer = await handler(request)
            return isFirst ? .bytes([], type: "image/png") : answer
        }
        try await withServer(broken) { url in
            let shelf = PictureShelf()
            let call = asker.order("fake/flux", count: 3)
            let outcome = await asker.make(try asker.fal(url), call, into: shelf)
            let count = shelf.pictures.count
            #expect(outcome.bill?.pictures == 3)
            #expect(count == 2)
        }
    }
}
