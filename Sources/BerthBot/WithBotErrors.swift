import BerthLoop
import BerthStore
import BerthWork

/// Calls a verb of the store, whose errors become the bot's.
@Loop func withBotErrors<Value: Sendable>(
    _ verb: @Loop () async throws(StoreError) -> Value
) async throws(BotError) -> Value {
    do { return try await verb() } catch { throw BotError(error) }
}
