import BerthLoop
import BerthStore
import BerthWork

/// Runs a verb of the store with the bot's errors.
@Loop func withBotErrors<Value: Sendable>(
    _ verb: @Loop () async throws(StoreError) -> Value
) async throws(BotError) -> Value {
    do { return try await verb() } catch { throw BotError(error) }
}
