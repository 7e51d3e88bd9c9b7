import BerthBot
package import BerthConfig
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
package import BerthWork

/// Runs `test` against a service whose pictures come from a ``HandFal``.
///
/// - Parameters:
///   - change: changes the configuration.
///   - prompt: the language that the model wants its prompts in, or nil for any.
///   - test: the test.
/// - Throws: the error of `test`, or the reason for which the service could not be made.
@Loop package func withFal(
    _ change: @escaping @Loop @Sendable (inout Configuration) -> Void = { _ in },
    prompt: String? = nil,
    _ test: @Loop (BotFixture, HandFal) async throws -> Void
) async throws {
    let fal = try HandFal()
    let setup = Setup { settings in
        settings.chatModels.removeAll { $0.provider != "hand" }
        fal.configure(&settings, prompt: prompt)
        change(&settings)
    }
    do {
        try await withBot(setup) { bot in
            try await test(bot, fal)
            bot.forgetLibrary()
        }
    } catch {
        await fal.end()
        throw error
    }
    await fal.end()
}

extension BotFixture {
    /// Lets the time pass after which libvips is a measured part of the service.
    package func forgetLibrary() { clock.advance(by: .seconds(10)) }

    /// Lets the service's time pass while `work` runs, in which it asks for the states of jobs.
    ///
    /// The time passes in steps of `step`, between which the loop has 20 turns.
    package func passing<Value>(
        _ step: Duration = .milliseconds(100),
        _ work: @Loop () async throws -> Value
    ) async throws -> Value {
        let pace = TaskPool()
        defer { pace.cancelAll() }
        let clock = clock
        pace.spawn {
            while !Task.isCancelled {
                await settle()
                clock.advance(by: step)
            }
        }
        return try await work()
    }

    /// Orders pictures on the account of `tenant`, or else of ``ann``, as an API call does.
    ///
    /// - Throws: ``BotError``.
    package func order(
        _ prompt: String,
        count: Int = 1,
        _ tenant: LiveTenant? = nil,
        _ change: (inout PictureAsk) -> Void = { _ in }
    ) async throws(BotError) -> MadePictures {
        var ask = PictureAsk(
            PictureRequest(prompt: prompt, count: count),
            bot.pictureModels.choices,
            tenant ?? ann,
            since: clock.now
        )
        change(&ask)
        return try await bot.pictureAnswers.make(ask)
    }
}
