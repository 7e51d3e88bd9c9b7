package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthMemory
package import BerthTelemetry
import BerthText

/// A server with OpenAI's images API, which keeps no jobs.
@Loop package final class OpenAIPictures: PictureProvider {
    package nonisolated var name: String { upstream.name }
    private let upstream: Upstream
    private let base: WebURL
    private let fetch: PictureFetch
    /// The members that the server has refused, by model.
    private var refused: [String: Set<String>] = [:]

    /// Makes the provider without contacting the server.
    package init(
        _ settings: Configuration.Provider,
        client: any HTTPSending,
        in surroundings: Surroundings
    ) {
        upstream = Upstream(settings, client, in: surroundings)
        base = settings.baseURL
        fetch = PictureFetch(settings, client, surroundings.clock)
    }

    package func order(
        _ call: PictureCall,
        into receiver: any PictureReceiver
    ) async throws(ProviderError) -> PictureOrder {
        let most = OpenAIPictureForm.Family(call.model).most
        let wanted = call.request.count
        let delivery = PictureDelivery(of: name, to: receiver, limit: wanted)
        var bill = PictureBill(pictures: 0)
        while bill.pictures < wanted {
            do throws(ProviderError) {
                let count = min(most, wanted - bill.pictures)
                bill.add(try await made(count, of: call, delivery))
            } catch {
                guard delivery.finished > 0, error != .cancelled else { throw error }
                // The pictures so far are the answer, and one that is lost is paid for.
                if !error.meansNothingBought { bill.pictures = wanted }
                break
            }
        }
        return .made(bill)
    }

    // MARK: One request

    /// Asks for `count` pictures, again without a member that the server refuses.
    private func made(
        _ count: Int,
        of call: PictureCall,
        _ delivery: PictureDelivery
    ) async throws(ProviderError) -> PictureBill {
        while true {
            let known = refused[call.model] ?? []
            let form = OpenAIPictureForm(call, count: count, without: known)
            do throws(ProviderError) {
                return try await answer(to: form, count, call, delivery)
            } catch {
                guard case .refused(_, let status, let words, _) = error,
                    [400, 422].contains(status),
                    let member = OpenAIPictureForm.optional.first(where: {
                        !known.contains($0) && words.contains($0)
                    })
                else { throw error }
                refused[call.model, default: []].insert(member)
                upstream.surroundings.log.info(
                    "a provider refuses a part of requests",
                    ["provider": .text(name), "part": .text(member)]
                )
            }
        }
    }

    private func answer(
        to form: OpenAIPictureForm,
        _ count: Int,
        _ call: PictureCall,
        _ delivery: PictureDelivery
    ) async throws(ProviderError) -> PictureBill {
        let whole = upstream.timeout.whole
        let asked = upstream.surroundings.clock.now
        let (request, need) = request(form)
        let lease: MemoryLease
        do { lease = try call.memory.take(need, for: .upstreamTransfer) } catch {
            throw .memory(error)
        }
        let response = try await upstream.order(request, memory: call.memory)
        _ = consume lease
        let answer = try await upstream.pictures(
            in: response,
            to: delivery,
            kind: form.kind,
            call.memory,
            within: whole - (upstream.surroundings.clock.now - asked)
        )
        let before = delivery.finished
        if !answer.links.isEmpty { try await fetch.fetch(answer.links, to: delivery) }
        guard before > 0 || !answer.links.isEmpty || delivery.finished > 0 else {
            throw .malformed(provider: name, reason: "it has no picture")
        }
        return bill(answer.object, response.headers, count)
    }

    private func request(_ form: OpenAIPictureForm) -> (HTTPClientRequest, ByteCount) {
        var headers: HTTPHeaders = ["accept": "application/json"]
        if let key = upstream.key { headers["authorization"] = "Bearer \(key.reveal())" }
        var request = HTTPClientRequest(
            url: "\(base)/images/\(form.isEdit ? "edits" : "generations")",
            headers: headers
        )
        request.deadlines = HTTPClientDeadlines(
            firstByte: upstream.timeout.whole,
            stall: upstream.timeout.next
        )
        guard form.isEdit else {
            request.headers["content-type"] = "application/json"
            request.body = form.json
            return (request, Upstream.sending(ByteCount(request.body.count)))
        }
        let boundary = "berth-" + upstream.surroundings.entropy.bytes(16).hex
        request.headers["content-type"] = "multipart/form-data; boundary=\(boundary)"
        request.upload = PictureUpload(form.multipart(boundary: boundary))
        return (request, PictureUpload.memory)
    }

    private func bill(
        _ answer: JSONObject,
        _ headers: HTTPHeaders,
        _ count: Int
    ) -> PictureBill {
        let usage = answer.object("usage")
        let made = answer.elements("data")?.count ?? answer.elements("images")?.count ?? count
        var bill = PictureBill(pictures: min(max(1, made), count))
        bill.micros = ProviderBill.micros(in: usage, headers)
        if let input = usage?.integer("input_tokens"), let output = usage?.integer("output_tokens")
        {
            bill.usage = TokenUsage(input: input, output: output, isEstimated: false)
        }
        return bill
    }
}

extension PictureBill {
    /// Adds the bill of a further request of the same call.
    fileprivate mutating func add(_ other: PictureBill) {
        pictures += other.pictures
        micros = [micros, other.micros].compactMap(\.self).reduce(nil) { ($0 ?? 0) + $1 }
        guard let more = other.usage else { return }
        usage = TokenUsage(
            input: (usage?.input ?? 0) + more.input,
            output: (usage?.output ?? 0) + more.output,
            isEstimated: false
        )
    }
}
