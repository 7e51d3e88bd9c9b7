import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry

/// The download of pictures from the URLs of a provider's answer.
///
/// A URL may reach public addresses, and the origin of the provider's `base_url`. Each redirect is
/// checked in the same way. No key is sent.
@Loop final class PictureFetch {
    private let provider: String
    private let base: String
    private let origin: HTTPOrigin?
    private let route: HTTPClientRoute
    private let timeout: Configuration.Provider.Timeout
    private let client: any HTTPSending
    private let clock: any Clock

    /// The most redirects that are followed.
    static nonisolated let mostRedirects = 5
    /// The most attempts to fetch a picture.
    static nonisolated let mostAttempts = 4

    init(_ settings: Configuration.Provider, _ client: any HTTPSending, _ clock: any Clock) {
        provider = settings.name
        base = "\(settings.baseURL)/"
        origin = HTTPOrigin(base)
        route = HTTPClientRoute(settings)
        timeout = settings.timeout
        self.client = client
        self.clock = clock
    }

    /// Fetches the pictures at `links`, one after the other, and delivers them.
    ///
    /// If some have been delivered, one that cannot be fetched is left out.
    ///
    /// - Throws: ``ProviderError``: `undelivered`, or the receiver's.
    func fetch(_ links: [String], to delivery: PictureDelivery) async throws(ProviderError) {
        var failure: ProviderError?
        for link in links {
            do throws(ProviderError) { try await fetch(link, to: delivery) } catch {
                guard case .undelivered = error else { throw error }
                failure = failure ?? error
            }
        }
        if let failure, delivery.finished == 0 { throw failure }
    }

    private func fetch(_ link: String, to delivery: PictureDelivery) async throws(ProviderError) {
        guard let url = HTTPOrigin.resolve(link, against: base) else {
            throw delivery.failure("its address is malformed")
        }
        var attempt = 1
        while true {
            guard let failure = try await attempted(url, to: delivery) else { return }
            guard failure.isPassing, attempt < PictureFetch.mostAttempts else {
                throw delivery.failure(failure.reason)
            }
            do { try await clock.sleep(for: .milliseconds(500 << attempt)) } catch {
                throw .cancelled
            }
            attempt += 1
        }
    }

    /// The reason why an attempt failed.
    private struct Failure {
        let reason: String
        var isPassing = false
    }

    private func attempted(
        _ url: String,
        to delivery: PictureDelivery
    ) async throws(ProviderError) -> Failure? {
        let end = clock.now + timeout.whole
        var url = url
        for _ in 0...PictureFetch.mostRedirects {
            let response: HTTPClientResponse
            do { response = try await client.send(request(url)) } catch {
                return try failure(error)
            }
            switch response.status {
            case 200: return try await delivered(response, until: end, to: delivery)
            case 301, 302, 303, 307, 308:
                response.cancel()
                guard let place = response.headers["location"],
                    let next = HTTPOrigin.resolve(place, against: url)
                else { return Failure(reason: "its address leads nowhere") }
                url = next
            case 404, 408, 425, 429, 500...:
                // A store of files may lag behind the answer that names one.
                response.cancel()
                return Failure(reason: "its server says status \(response.status)", isPassing: true)
            default:
                response.cancel()
                return Failure(reason: "its server says status \(response.status)")
            }
        }
        return Failure(
            reason: "its address leads to more than \(PictureFetch.mostRedirects) others"
        )
    }

    private func request(_ url: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(
            method: "GET",
            url: url,
            headers: ["accept": "image/*"],
            deadlines: HTTPClientDeadlines(firstByte: timeout.first, stall: timeout.next),
            reach: .publicOnly
        )
        if let origin, HTTPOrigin(url) == origin {
            request.reach = .any
            request.route = route
        }
        return request
    }

    private func delivered(
        _ response: HTTPClientResponse,
        until end: Instant,
        to delivery: PictureDelivery
    ) async throws(ProviderError) -> Failure? {
        let timer = clock.schedule(after: max(.zero, end - clock.now)) { [timeout] in
            response.giveUp(after: timeout.whole)
        }
        defer { timer.cancel() }
        let length = response.headers["content-length"].flatMap { Int($0) }
        do throws(ProviderError) {
            try await delivery.begin(kind: response.headers["content-type"], length: length)
            while true {
                let piece: [UInt8]?
                do throws(HTTPClientError) { piece = try await response.next() } catch {
                    return try failure(error)
                }
                guard let piece else { break }
                try await delivery.write(piece)
            }
            try await delivery.finish()
            return nil
        } catch {
            response.cancel()
            throw error
        }
    }

    /// The failure of an exchange, without its address.
    private func failure(_ error: HTTPClientError) throws(ProviderError) -> Failure {
        switch error {
        case .cancelled: throw .cancelled
        case .forbiddenAddress: return Failure(reason: "its address is not public")
        case .badRequest: return Failure(reason: "its address is malformed")
        case .busy(let host, let limit):
            throw .busy(reason: HTTPClientError.busy(host: host, limit: limit).description)
        case .tls: return Failure(reason: "its server cannot be reached securely")
        case .badAnswer, .tooLarge, .other:
            return Failure(reason: "its server cannot be understood")
        case .unknownHost, .unreachable, .connectTimeout:
            return Failure(reason: "its server cannot be reached", isPassing: true)
        case .firstByteTimeout, .stalled: return Failure(reason: "it arrives too slowly")
        case .cut: return Failure(reason: "it arrived incomplete", isPassing: true)
        }
    }
}
