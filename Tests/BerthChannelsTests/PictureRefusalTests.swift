import BerthBot
import BerthConfig
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// Requests to the images API that are refused before anything is ordered.
@Suite(.loop, .timeLimit(.minutes(20))) struct PictureRefusalTests {
    @Loop
    @Test(arguments: [
        (#"{"prompt":"a","n":0}"#, 400, "n"), (#"{"prompt":"a","n":11}"#, 400, "n"),
        (#"{"prompt":"a","n":"2"}"#, 400, "n"), (#"{"prompt":"a","size":"big"}"#, 400, "size"),
        (#"{"prompt":"a","size":"9000x9000"}"#, 400, "size"), (#"{"prompt":" "}"#, 400, "prompt"),
        (#"{}"#, 400, "prompt"), (#"{"prompt":7}"#, 400, "prompt"),
        (#"{"prompt":"a","response_format":"png"}"#, 400, "response_format"),
        (#"{"prompt":"a","quality":"high"}"#, 400, "quality"),
        (#"{"prompt":"a","stream":true}"#, 400, "stream"),
        (#"{"prompt":"a","image":"data:image/png;base64,AA"}"#, 400, "image"),
        (#"{"prompt":"a","model":"nobody"}"#, 404, ""), (#"{"prompt":"a""#, 400, ""),
        (#"[]"#, 400, ""), ("", 400, ""),
    ])
    func `a wrong request is refused in words`(
        body: String,
        status: Int,
        parameter: String
    ) async throws {
        try await withFal { bot, fal in
            let answer = try await PictureAPITests.send(bot, body)
            #expect(answer.status == status, "\(answer.text)")
            let error = try #require(answer.error, "\(answer.text)")
            #expect(error.string("message")?.isEmpty == false)
            if !parameter.isEmpty { #expect(error.string("param") == parameter) }
            let (orders, held) = (fal.orders, bot.ann.account.held)
            #expect(orders == 0 && held == .zero)
        }
    }

    /// A reason for which a tenant gets no pictures now.
    enum Reason: CaseIterable {
        case images, spend, disk, count, suspended, pressure, memory, noModel, tooLarge, noKey
    }

    @Loop @Test(arguments: Reason.allCases)
    func `a request is refused with a code and a wait before it is ordered`(
        reason: Reason
    ) async throws {
        let change: @Loop @Sendable (inout Configuration) -> Void = { settings in
            switch reason {
            case .images: settings.quotas.imagesPerDay = 1
            case .spend: settings.quotas.spendPerMonth = Money(micros: 79_999)
            case .disk: settings.quotas.disk = .mebibytes(3)
            case .count: settings.quotas.files = 3
            case .memory: settings.quotas.memory = .kibibytes(16)
            case .noModel: settings.imageModels = []
            case .suspended, .pressure, .tooLarge, .noKey: break
            }
        }
        try await withFal(change) { bot, fal in
            if reason == .suspended { try await bot.bot.set(.suspended, of: bot.ann) }
            if reason == .pressure { bot.bot.pictures.pressure = .textOnly }
            let long = String(repeating: "x", count: reason == .tooLarge ? 300 << 10 : 1)
            let body = PictureAPITests.body(long, #","n":2"#)
            let key = reason == .noKey ? "berth-nobody" : bot.key
            let answer = try await PictureAPITests.send(bot, body, key: key)
            let expected =
                switch reason {
                case .images, .spend: (429, "insufficient_quota")
                case .disk: (413, "disk_quota")
                case .count: (413, "file_quota")
                case .suspended: (403, "suspended")
                case .pressure: (503, "memory_pressure")
                case .memory: (413, "memory_quota")
                case .noModel: (404, "no_pictures")
                case .tooLarge: (413, "body_too_large")
                case .noKey: (401, "invalid_api_key")
                }
            #expect(answer.status == expected.0, "\(answer.text)")
            #expect(answer.error?.string("code") == expected.1, "\(answer.text)")
            let hasWait = answer.headers["retry-after"].flatMap { Int($0) }.map { $0 > 0 }
            #expect((hasWait == true) == [429, 503].contains(answer.status))
            #expect((answer.headers["x-should-retry"] == "false") == (answer.status == 429))
            let (orders, used) = (fal.orders, bot.bot.meter.usage(bot.ann))
            #expect(orders == 0 && used.requests == 0 && used.spentMicros == 0)
            bot.bot.pictures.pressure = .none
        }
    }
}
