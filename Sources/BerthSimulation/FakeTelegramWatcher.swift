import BerthLoop

/// A person who sees what a bot of ``FakeTelegram`` sends to a chat.
@Loop protocol FakeTelegramWatcher: AnyObject {
    /// Sees a call that the server has carried out.
    func saw(_ sent: FakeTelegramBot.Sent)
}
