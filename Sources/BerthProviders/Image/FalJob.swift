import BerthConfig
import BerthHTTP
import BerthText

/// A job in fal's queue, and its addresses there.
struct FalJob: Equatable, Sendable {
    /// fal's name of the request.
    let id: String
    let status: String
    let result: String
    let cancel: String

    /// The longest name of a request that is believed.
    private static let mostID = 128
    /// The first parts of models' names that have an owner and an app after them.
    ///
    /// Source: <https://github.com/fal-ai/fal/blob/main/projects/fal_client/src/fal_client/client.py>.
    private static let spaces = ["workflows", "comfy"]

    /// Reads the answer to an order, or returns nil if it names no request.
    ///
    /// Its addresses count only if they are of the origin of `base`, which is sent the key. They
    /// lack the part of the model's name after the app. Without them the addresses are built so.
    ///
    /// - Parameters:
    ///   - answer: the answer.
    ///   - model: the model that was asked.
    ///   - base: the provider's `base_url`.
    init?(_ answer: JSONObject, model: String, base: WebURL) {
        guard let id = answer.word("request_id", most: FalJob.mostID), FalJob.isName(id) else {
            return nil
        }
        self.id = id
        let origin = HTTPOrigin("\(base)/")
        func own(_ name: String) -> String? {
            answer.word(name, most: 1024).flatMap { HTTPOrigin($0) == origin ? $0 : nil }
        }
        let built = "\(base)/\(FalJob.app(of: model))/requests/\(id)"
        let result = own("response_url") ?? built
        self.result = result
        status = own("status_url") ?? "\(result)/status"
        cancel = own("cancel_url") ?? "\(result)/cancel"
    }

    /// Reads the text of a stored job.
    ///
    /// The addresses are checked again, because the configuration may have changed.
    init?(_ job: PictureJob, base: WebURL) {
        guard let object = try? JSONObject(Array(job.text.utf8)) else { return nil }
        self.init(object, model: job.model, base: base)
    }

    /// The text that is stored.
    var text: String {
        var object: [UInt8] = []
        for (name, value) in [
            ("request_id", id), ("response_url", result), ("status_url", status),
            ("cancel_url", cancel),
        ] {
            object.append(UInt8(ascii: object.isEmpty ? "{" : ","))
            object += JSON.quote(name) + [UInt8(ascii: ":")] + JSON.quote(value)
        }
        return String(decoding: object + [UInt8(ascii: "}")], as: UTF8.self)
    }

    /// The owner and the app of a model's name, without the rest of its path.
    static func app(of model: String) -> String {
        let names = model.split(separator: "/")
        let count = names.first.map { spaces.contains(String($0)) } == true ? 3 : 2
        return names.prefix(count).joined(separator: "/")
    }

    private static func isName(_ id: String) -> Bool {
        !id.isEmpty
            && id.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }
}
