import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// A job of ``FakeFal``.
struct FakeFalJob {
    let id: String
    let behavior: FakeFalBehavior?
    private let app: String
    private let fault: FakePictures.Fault
    private let prompt: String
    private let count: Int
    private let size: PictureSize?
    /// The time at which the work begins.
    var begins: Instant?
    /// The time of a tenth of the work.
    var step = Duration.zero
    var isCancelled = false
    /// The number of questions for the status.
    var asked = 0
    /// The number of requests for the result.
    var read = 0

    init(
        id: String,
        app: String,
        _ input: JSONObject,
        _ behavior: FakeFalBehavior?,
        _ parts: [String]
    ) {
        self.id = id
        self.app = app
        self.behavior = behavior
        fault = parts.lazy.compactMap { FakePictures.Fault(rawValue: $0) }.first ?? .plain
        prompt = input.string("prompt") ?? ""
        count = min(max(1, input.integer("num_images") ?? 1), PictureRequest.most)
        let size = input.object("image_size")
        self.size = PictureSize(
            width: size?.integer("width") ?? 0,
            height: size?.integer("height") ?? 0
        )
    }

    /// The reply to a submit.
    func receipt(at host: String) -> [UInt8] {
        let server = behavior == .foreignLinks ? "http://192.0.2.1" : host
        let place = "\(server)/\(app)/requests/\(id)"
        return Array(
            (#"{"status":"IN_QUEUE","request_id":"\#(id)","response_url":"\#(place)","#
                + #""status_url":"\#(place)/status","cancel_url":"\#(place)/cancel","#
                + #""queue_position":0}"#).utf8
        )
    }

    func isDone(now: Instant) -> Bool {
        guard let begins, behavior != .never else { return false }
        return isCancelled || now >= begins + step * 10
    }

    /// The status in JSON, and whether the job has ended.
    func status(now: Instant, _ queue: Duration) -> (json: String, isDone: Bool) {
        let head = #"{"request_id":"\#(id)","status":"#
        if isDone(now: now) {
            let ending = isCancelled ? "request_cancelled" : behavior?.failure?.type
            let error = ending.map { #","error":"The job failed","error_type":"\#($0)""# } ?? ""
            let tail = #""COMPLETED","logs":null,"metrics":{"inference_time":0.1}"#
            return (head + tail + error + "}", true)
        }
        guard let begins, behavior != .never, now >= begins else {
            let left = begins.map { $0 - now } ?? .zero
            let place = queue > .zero ? Int(left / queue * 3) : 0
            return (head + #""IN_QUEUE","queue_position":\#(max(0, place))}"#, false)
        }
        let percent = step > .zero ? Int((now - begins) / step) * 10 : 0
        let line = #"{"message":" \#(percent)%|###   | \#(percent)/100","level":"STDERR"}"#
        return (head + #""IN_PROGRESS","logs":[\#(line)]}"#, false)
    }

    /// The result: its HTTP status and its JSON.
    @Loop func result(for request: HTTPRequest) -> (status: Int, bytes: [UInt8]) {
        if isCancelled { return (400, Array(#"{"detail":"Request was cancelled"}"#.utf8)) }
        if let failure = behavior?.failure { return (failure.status, failure.body) }
        let flags = (0..<count).map { _ in behavior == .nsfw ? "true" : "false" }
        let tail =
            #","seed":42,"has_nsfw_concepts":[\#(flags.joined(separator: ","))],"prompt":"#
        let end = Array(tail.utf8) + JSON.quote(prompt) + [UInt8(ascii: "}")]
        if behavior == FakeFalBehavior.none { return (200, Array(#"{"images":[]"#.utf8) + end) }
        let links = (0..<count).map { number in
            behavior == .dataURL
                ? dataURL(number) : FakePictures.link(request, fault, prompt, size, number)
        }
        let list = links.map {
            #"{"url":"\#($0)","content_type":"image/png","width":256,"height":256}"#
        }
        let head =
            behavior == .single
            ? #"{"image":\#(list[0])"# : #"{"images":[\#(list.joined(separator: ","))]"#
        return (200, Array(head.utf8) + end)
    }

    private func dataURL(_ number: Int) -> String {
        var encoder = Base64Encoder()
        let text = encoder.feed(FakePictures.png("\(prompt)\(number)", size)) + encoder.finish()
        return "data:image/png;base64," + String(decoding: text, as: UTF8.self)
    }
}
