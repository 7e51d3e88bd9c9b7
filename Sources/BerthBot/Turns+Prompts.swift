import BerthMemory
import BerthWork

/// Prompts of the author's own in messages.
extension Turns {
    /// A message that begins with `/` and the name of a prompt, with the prompt's text in the place
    /// of the name; any other message as it is.
    ///
    /// The rest of the message follows after an empty line. A prompt in a prompt is not replaced.
    func expanded(_ message: Message, for tenant: LiveTenant) async throws(BotError) -> Message {
        guard message.size <= Turns.textLimit, case .unknown(let word)? = Command(message.text),
            let text = try await commands.ownTexts.prompt(word, of: tenant)
        else { return message }
        var expanded = message
        let rest = Command.split(message.text)?.rest ?? ""
        expanded.text = rest.isEmpty ? text : "\(text)\n\n\(rest)"
        return expanded
    }
}
