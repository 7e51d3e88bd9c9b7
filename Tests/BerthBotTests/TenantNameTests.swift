import BerthBot
import BerthLoop
import BerthTestKit
import BerthWork
import Testing

/// The names that tenants may have.
@Suite(.loop, .timeLimit(.minutes(20))) struct TenantNameTests {
    private static let refused = [
        "", ".", "..", "-x", "--help", "_x", ".x", "a/b", "a b", "a%2fb", "A", "ä", "a\n", "a\u{0}",
        "a\u{202E}b", "a\u{1B}[2J", "(shared)", "a:b", String(repeating: "a", count: 33),
        "a" + String(repeating: "\u{301}", count: 10),
    ]

    @Loop @Test func `a name begins with a letter or digit, and is short and plain`() async throws {
        try await withBot { bot in
            for name in TenantNameTests.refused {
                do {
                    _ = try await bot.bot.tenants.add(name)
                    Issue.record("'\(name)' was made")
                } catch BotError.badName {}
            }
            for name in ["a", "0", "a-b_c.d", "a..", String(repeating: "a", count: 32)] {
                _ = try await bot.bot.tenants.add(name)
                let found = try bot.bot.tenants.named(name).name
                #expect(found == name)
            }
        }
    }
}
