import BerthHTTP
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthWork
import Testing

/// An error has words for the tenant who asked, and others for the operator.
@Suite struct ReaderWordsTests {
    private static let address = "10.0.0.5:8000: nothing answers there (connect: refused)"
    private static let memory: [BudgetError] = [
        .exhausted(
            requested: .kibibytes(8),
            free: .kibibytes(3),
            tenant: "bob",
            purpose: .replyBuffer
        ),
        .overQuota(
            requested: .kibibytes(8),
            held: .kibibytes(3),
            quota: .kibibytes(9),
            tenant: "bob",
            purpose: .replyBuffer
        ),
        .overQuota(
            requested: .kibibytes(8),
            held: .kibibytes(3),
            quota: .kibibytes(9),
            tenant: "(shared answers)",
            purpose: .replyBuffer
        ),
        .overShare(held: .kibibytes(3), share: .kibibytes(1), tenant: "bob", purpose: .replyBuffer),
        .paused(waited: .seconds(20), tenant: "bob"),
    ]

    /// Errors, and the words that only the operator may read.
    private static let errors: [(BotError, [String])] =
        [
            (
                .provider(.unreachable(provider: "up", reason: address)),
                ["10.0.0.5", "nothing answers"]
            ),
            (.provider(.timedOut(provider: "up", reason: address)), ["10.0.0.5"]),
            (.provider(.unreachable(provider: "up", reason: address, cause: .name)), ["10.0.0.5"]),
            (.provider(.busy(reason: "10.0.0.5:8000: 512 transfers")), ["10.0.0.5", "512"]),
            (.provider(.keyRefused(provider: "up", status: 401)), ["api_key", "401"]),
            (.provider(.accountEmpty(provider: "up")), ["credit", "refill"]),
            (
                .store(.corrupt(file: "/data/berth.db", detail: "page 7")),
                ["/data/berth.db", "page 7"]
            ),
            (
                .store(.failed(file: "/data/berth.db", code: 1, detail: "no such table")),
                ["no such table"]
            ),
            (.store(.diskFull(file: "/data/berth.db")), ["/data/berth.db"]),
            (.store(.folder(path: "/data", reason: "mkdir")), ["/data", "mkdir"]),
        ] + memory.map { (.memory($0), [$0.description]) }
        + memory.map { (.provider(.memory($0)), [$0.description]) }
        + memory.map { (.provider(.memoryMidway($0)), [$0.description]) }

    @Test func `a tenant reads no address, file, figure of others or order for the operator`() {
        for (error, words) in ReaderWordsTests.errors {
            let (tenant, operatorWords) = ("\(error)", error.forOperator)
            for word in words {
                #expect(!tenant.contains(word), "\(tenant)")
                #expect(operatorWords.contains(word), "\(operatorWords)")
                #expect(error.logged.contains(word), "\(error.logged)")
            }
            for order in [
                "raise", "memory.limit", "api_key", "berth ", "bob", "shared answers", "/",
            ] {
                #expect(!tenant.contains(order), "\(tenant)")
            }
            #expect(!tenant.isEmpty && tenant.utf8.count < 300)
        }
    }

    /// Obstacles to a connection, and the words by which a tenant knows them.
    private static let obstacles: [(ProviderError.Obstacle, String)] = [
        (.connection, "cannot be reached; try again"), (.name, "was not found"),
        (.security(.untrusted), "its certificate is not trusted"),
        (.security(.expired), "its certificate has expired"),
        (.security(.notYetValid), "its certificate is not valid yet"),
        (.security(.wrongName), "its certificate is for another server"),
        (.security(.authorities), "the trusted certificates cannot be read"),
        (.security(.handshake), "there is no encrypted connection"),
    ]

    @Test(arguments: obstacles.indices)
    func `a tenant reads the cause that the operator must remove, without its details`(
        index: Int
    ) {
        let (cause, words) = Self.obstacles[index]
        let error = BotError.provider(
            .unreachable(provider: "up", reason: Self.address, cause: cause)
        )
        #expect("\(error)".contains(words) && !"\(error)".contains("10.0.0.5"))
        #expect(error.forOperator.contains(Self.address))
        let isCertificate = if case .security = cause { true } else { false }
        let disposition = error.disposition
        #expect(disposition.isPassing == !isCertificate && disposition.mayGoElsewhere)
        #expect("\(error)".contains("tell the operator") == (cause != .connection))
    }

    @Test func `a request that cannot be translated blames no provider`() {
        let error = BotError.provider(
            .untranslatable(provider: "up", reason: "'messages[0].role' 'x' is not known")
        )
        #expect("\(error)".hasPrefix("this request cannot be sent to provider 'up': 'messages"))
        #expect(!error.logged.contains("messages"))
        let disposition = error.disposition
        #expect(disposition.status == 400 && disposition.fault == .caller)
        #expect(disposition.code == "unsupported_request" && !disposition.mayHaveBought)
        #expect(disposition.mayGoElsewhere && !disposition.isPassing)
    }

    @Test func `a tenant's own figures are its own to read`() {
        let error = BotError.memory(ReaderWordsTests.memory[1])
        #expect("\(error)".contains("3 KiB of your 9 KiB are in use"))
    }

    @Test func `a full queue tells nobody how many others wait`() {
        let full = QueueError.full(tenant: "ann", waiting: 2048, limit: 2048, wait: .seconds(3))
        #expect(
            "\(full)"
                == "the service's queue is full. The next request starts in about 3 s; try again then"
        )
    }
}
