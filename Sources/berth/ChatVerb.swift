import BerthAdmin
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText
import Glibc

/// Runs `berth chat`: a streamed conversation in the terminal, or line by line from a pipe.
@Loop enum ChatVerb {
    /// - Returns: the exit status, which is 1 if the last message had no complete answer.
    static func run(_ choices: ChatChoices, file: String?) async throws -> Int32 {
        let chat = try await TerminalChat(ChatService(choices, file: file), model: choices.model)
        let signals = try Signals.watch { chat.interrupt(by: $0) }
        defer { signals.cancel() }
        return await chat.run()
    }
}
