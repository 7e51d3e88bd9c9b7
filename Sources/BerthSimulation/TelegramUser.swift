import BerthLoop
import BerthTelemetry

/// A persona that writes to a bot of ``FakeTelegram``.
///
/// Each question ends with a mark of its own. The provider's ``FakeOpenAIBehavior/signed`` answers
/// end with the question and the time of the last token, so that every message of the bot is known
/// by its question.
@Loop final class TelegramUser: PersonaClient, FakeTelegramWatcher {
    private let bot: FakeTelegramBot
    private let person: FakeTelegramPerson
    private let tenant: String
    private let surroundings: Surroundings
    private var asked = 0
    /// The questions without an answer, in their order.
    private var open: [Question] = []
    private var answered: Set<String> = []
    /// The messages that repeat an answer.
    private(set) var doubled = 0

    private final class Question {
        let mark: String
        let since: Instant
        let bell = Wakeup()
        var firstToken: Duration?
        var result: TurnResult?

        init(_ mark: String, since: Instant) { (self.mark, self.since) = (mark, since) }
    }

    /// Makes a user with a private chat, which the user watches.
    init(_ persona: Persona, _ bot: FakeTelegramBot, in surroundings: Surroundings) {
        (self.bot, tenant, self.surroundings) = (bot, persona.tenant, surroundings)
        person = FakeTelegramPerson(id: 1_000 + persona.number, name: persona.tenant)
        bot.watch(person.id, self)
    }

    /// Does nothing, because the service lets everybody in.
    func signIn() {}

    func ask(_ turn: PlannedTurn) async -> TurnResult {
        asked += 1
        let question = Question("«\(tenant).\(asked)»", since: surroundings.clock.now)
        open.append(question)
        bot.bring("\(turn.text) \(question.mark)", in: person.id, from: person)
        // A cancelled wait leaves the question without a result.
        try? await question.bell.wait()
        open.removeAll { $0 === question }
        return question.result
            ?? TurnResult(
                verdict: .lost(.unfinished),
                full: surroundings.clock.now - question.since
            )
    }

    func saw(_ sent: FakeTelegramBot.Sent) {
        switch sent.method {
        case "sendmessagedraft", "editmessagetext":
            guard let first = open.first, first.firstToken == nil else { return }
            first.firstToken = surroundings.clock.now - first.since
        case "sendmessage": take(sent.text)
        default: break
        }
    }

    private func take(_ text: String) {
        guard let start = text.lastIndex(of: "«"), let end = text.lastIndex(of: "»"), start < end
        else {
            // The bot's own words answer the oldest question.
            return finish(open.first, .refused(code: "telegram notice"))
        }
        let mark = String(text[start...end])
        guard let index = open.firstIndex(where: { $0.mark == mark }) else {
            if answered.contains(mark) { doubled += 1 }
            return
        }
        let rest = text[end...].split(separator: " ").compactMap { Int64($0) }
        let sinceLast = rest.first.map {
            Duration.milliseconds(max(0, surroundings.clock.timestamp.milliseconds - $0))
        }
        answered.insert(mark)
        finish(open[index], .answered, sinceLast: sinceLast, isInOrder: index == 0)
    }

    private func finish(
        _ question: Question?,
        _ verdict: Verdict,
        sinceLast: Duration? = nil,
        isInOrder: Bool = true
    ) {
        guard let question else { return }
        open.removeAll { $0 === question }
        var result = TurnResult(
            verdict: verdict,
            firstToken: question.firstToken,
            full: surroundings.clock.now - question.since
        )
        (result.sinceLastToken, result.isInOrder) = (sinceLast, isInOrder)
        question.result = result
        question.bell.signal()
    }
}
