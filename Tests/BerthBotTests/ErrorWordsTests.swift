import BerthConfig
import BerthFiles
import BerthHTTP
import BerthImage
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import Testing

@testable import BerthBot
@testable import BerthWork

@Suite struct ErrorWordsTests {
    private static let quotas: [BotError] = [
        (QuotaKey.requestsPerDay, 200), (.tokensPerDay, 200_000), (.imagesPerDay, 20),
        (.spendPerMonth, 5_000_000),
    ].map { key, limit in
        .overQuota(
            QuotaRefusal(
                quota: key,
                used: limit,
                asked: 1,
                limit: limit,
                resets: Timestamp(milliseconds: 1_795_824_000_000)
            ),
            wait: .seconds(9)
        )
    }

    private static let bot: [BotError] = [
        .unknownModel("c", known: ["a", "b"]), .tooManyRequests(limit: 8), .suspended,
        .endedByOperator, .bodyTooLarge(limit: .mebibytes(4)), .foreignOrigin, .sessionBusy,
        .tooManySessions(limit: 21), .tooManyNewSessions(perMinute: 30, wait: .seconds(2)),
        .tooManyCodes(perMinute: 3, wait: .seconds(2)),
        .noSession, .noTurn, .notCut, .emptyText, .promptName("x"), .tooManyPrompts(limit: 50),
        .account(.badPasskeyName(most: 64)), .account(.tooManyPasskeys(limit: 20)),
        .account(.passkeyExists), .account(.noPasskey), .account(.passkeyMalformed),
        .account(.passkeyTooLate), .account(.passkeyOfAnotherSite), .account(.passkeyUnverified),
        .account(.passkeyOfUnknownKind), .account(.passkeySignature), .account(.noLogin),
        .account(.ownLogin),
        .textTooLong(.kibibytes(40), limit: .kibibytes(32)),
        .stopping, .sharedCallEnded, .readTooSlowly(behind: .kibibytes(3)), .store(.closed),
        .store(.busy(limit: 3)), .store(.diskFull(file: "f")),
        .answerTooLong(limit: .mebibytes(1)), .noPictures, .commandWithPictures,
        .tooManyPictures(9, limit: 8), .tooManyPicturesForModel("m", 3, limit: 2),
        .blind(nil, seeing: []), .blind("m", seeing: ["v"]),
        .inputPicture(.notAPicture(.unknown), number: 2, of: 3),
        .memory(
            .exhausted(requested: .kibibytes(9), free: .zero, tenant: "ann", purpose: .replyBuffer)
        ),
        .memory(
            .overQuota(
                requested: .kibibytes(9),
                held: .kibibytes(8),
                quota: .kibibytes(16),
                tenant: "ann",
                purpose: .picture
            )
        ),
        .memory(
            .overShare(held: .mebibytes(9), share: .mebibytes(2), tenant: "ann", purpose: .picture)
        ),
        .memory(.paused(waited: .seconds(20), tenant: "ann")),
        .queue(.tenantFull(tenant: "ann", waiting: 8, limit: 8, wait: .seconds(7))),
        .queue(.full(tenant: "ann", waiting: 90, limit: 90, wait: .seconds(7))),
    ]

    private static let closures: [BotError] = [false, true].flatMap { isOwn in
        [ClosedReason.failing, .paused].map { reason in
            let closure = Closure(provider: "p", model: "m", reason: reason, isOwn: isOwn)
            return .queue(.closed(closure, wait: .seconds(30)))
        }
    }

    private static let obstacles: [ProviderError.Obstacle] = [
        .connection, .name, .security(.untrusted), .security(.expired), .security(.notYetValid),
        .security(.wrongName), .security(.authorities), .security(.handshake),
    ]

    private static let providers: [ProviderError] =
        obstacles.map { .unreachable(provider: "fake", reason: "10.0.0.1", cause: $0) } + [
            .unreadable(provider: "fake", reason: "10.0.0.1"),
            .timedOut(provider: "fake", reason: "10.0.0.1"),
            .keyRefused(provider: "fake", status: 401), .accountEmpty(provider: "fake"),
            .rateLimited(provider: "fake", retryAfter: .seconds(30), reason: "Slow down"),
            .rateLimited(provider: "fake", retryAfter: nil),
            .unavailable(provider: "fake", status: 503, retryAfter: nil, reason: "Too busy"),
            .untranslatable(provider: "fake", reason: "10.0.0.1"),
            .failedAlone(provider: "fake", status: 500),
            .refused(provider: "fake", status: 400, message: "Too long", code: nil),
            .rejectedJob(provider: "fake", status: 400, message: "Too long", code: nil),
            .failedMidway(provider: "fake", message: "Oh no"), .cut(provider: "fake"),
            .wordless(provider: "fake", finish: "stop"),
            .wordless(provider: "fake", finish: "length"),
            .wordless(provider: "fake", finish: "content_filter"),
            .wordless(provider: "fake", finish: "tool_calls"),
            .malformed(provider: "fake", reason: "10.0.0.1"),
            .uncertain(provider: "fake", reason: "10.0.0.1"),
            .undelivered(provider: "fake", reason: "10.0.0.1"), .busy(reason: "10.0.0.1"),
            .memoryMidway(.paused(waited: .seconds(1), tenant: "ann")), .cancelled,
        ]

    private static let files: [FilesError] = [
        .overDisk(used: .mebibytes(9), asked: .mebibytes(2), limit: .mebibytes(10)),
        .overCount(limit: 500), .empty, .diskFull, .folder(reason: "10.0.0.1"), .noDisk, .notFound,
        .gone, .badLink, .linkExpired, .store(.readOnly(file: "10.0.0.1")),
    ]

    private static let pictures: [PictureError] = [
        .notAPicture(.nothing), .notAPicture(.unknown), .notAPicture(.pdf), .notAPicture(.video),
        .broken(.png), .unsupported(.png, .scans), .tooLarge(.side, is: 70_001, most: 65_000),
        .tooLarge(.pixels, is: 9, most: 8), .tooLarge(.frames, is: 9, most: 8),
        .tooLong(most: .mebibytes(32)), .resultTooLong(most: .mebibytes(1)),
        .noRoom(needs: .mebibytes(99)), .paused, .busy(waiting: 9), .outOfTime(.seconds(20)),
        .cancelled, .sourceFailed, .noLibrary("10.0.0.1"), .notEncoded("10.0.0.1"),
        .notRead(SystemError("read", code: 5)),
    ]

    private static let all =
        quotas + bot + closures + providers.map { .provider($0) } + files.map { .files($0) }
        + pictures.map { .picture($0) }

    /// The parts of other errors' words.
    private static let parts: Set<ErrorKey> = [.againIn, .againSoon, .itsReason]

    @Test func `each error of a chat user has words, with exactly its values`() {
        var keys: Set<ErrorKey> = []
        for error in Self.all {
            guard let words = error.words else {
                Issue.record("no words: \(error)")
                continue
            }
            keys.insert(words.key)
            for table in PhraseTable.all.dropFirst() {
                let text = table.errors[words.key] ?? ""
                for name in words.values.keys {
                    let isUsed = text.contains("{\(name)}") || text.contains("{\(name)|")
                    #expect(isUsed, "\(name) of \(words.key) in \(table.language.name)")
                }
            }
        }
        #expect(keys.union(Self.parts) == Set(ErrorKey.allCases))
    }

    @Test func `an error in words has no brace, no English and nothing for operators`() {
        for error in Self.all {
            for table in PhraseTable.all {
                let text = Phrase.refusal(error).text(in: table.language)
                let name = "\(table.language.name): \(text)"
                #expect(!text.contains("{"), "\(name)")
                guard table.language != .english else { continue }
                #expect(!text.contains("10.0.0.1") && !text.contains("'ann'"), "\(name)")
                #expect(text != error.description, "\(name)")
            }
        }
    }

    @Test func `the numbers and names of an error are in every language`() {
        for table in PhraseTable.all.dropFirst() {
            let text = { (error: BotError) in Phrase.refusal(error).text(in: table.language) }
            let refused = ProviderError.refused(
                provider: "fake",
                status: 400,
                message: "Too long",
                code: nil
            )
            #expect(text(.provider(refused)).contains("Too long"))
            #expect(text(.provider(refused)).contains("fake"))
            let slow = ProviderError.rateLimited(
                provider: "fake",
                retryAfter: .seconds(30),
                reason: "Slow down"
            )
            #expect(text(.provider(slow)).contains("30") && text(.provider(slow)).contains("Slow"))
            #expect(text(.unknownModel("c", known: ["a", "b"])).contains("a, b"))
        }
    }

    @Test func `an error that only programs and operators cause is told in English`() {
        for error in [BotError.keyReused, .noTenant("x"), .body("the body is not JSON")] {
            #expect(error.words?.key == nil)
            #expect(Phrase.refusal(error).text(in: .russian) == error.description)
        }
    }
}
