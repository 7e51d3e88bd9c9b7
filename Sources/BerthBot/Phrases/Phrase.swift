import BerthConfig
import BerthFiles
import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore
import BerthText
package import BerthWork

/// A text for the users of a chat, which each language has in its ``PhraseTable``.
///
/// ``text(in:)`` gives the words, in Markdown.
package struct Phrase: Sendable {
    private let write: @Sendable (PhraseTable) -> String

    init(_ write: @escaping @Sendable (PhraseTable) -> String) { self.write = write }

    init(_ key: PhraseKey, _ values: [String: PhraseValue]) {
        write = { $0.text(key, values) }
    }

    /// A text without values.
    package init(_ key: PlainKey) { write = { $0.text(key) } }

    /// The words in a language, or in English if there is no table of it.
    package func text(in language: Language) -> String { write(PhraseTable.of(language)) }

    /// The words in English, without a provider's own, for operators.
    var withoutProvidersWords: String {
        ProviderError.withoutProvidersWords(text(in: .english))
    }

    // MARK: Answers to commands

    /// The list of commands.
    static let help = Phrase { BotCommand.help(in: $0) }
    /// The reason for which an order of pictures is none, and the use of `/image`.
    static func imageUsage(_ problem: PicturePrompt.Problem) -> Phrase {
        Phrase { "\(problem.words(in: $0))\n\n\($0.text(.imageUsage))" }
    }

    /// There is no such command.
    static func unknownCommand(_ word: String) -> Phrase {
        Phrase { table in
            table.text(.unknownCommand, ["word": .text(word)]) + "\n\n" + BotCommand.help(in: table)
        }
    }

    /// The conversation's model, and the names of all models.
    static func models(chosen: String, names: [String]) -> Phrase {
        let list = names.map { "- `\($0)`" }.joined(separator: "\n")
        return Phrase(.models, ["chosen": .text(chosen), "list": .text(list)])
    }

    /// The conversation's new model.
    static func modelChosen(_ name: String) -> Phrase {
        Phrase(.modelChosen, ["name": .text(name)])
    }

    /// A command has changed nothing.
    static func nothingChanged(_ error: BotError) -> Phrase {
        Phrase(.nothingChanged, ["error": .error(error)])
    }

    /// The tenant's usage and limits.
    static func usage(_ usage: UsageInfo) -> Phrase {
        Phrase(
            .usage,
            [
                "requests": .count(usage.requests), "mostRequests": .count(usage.requestsLimit),
                "tokens": .count(usage.tokens), "mostTokens": .count(usage.tokensLimit),
                "images": .count(usage.images), "mostImages": .count(usage.imagesLimit),
                "spent": .dollars(usage.spentMicros), "mostSpent": .dollars(usage.spendLimitMicros),
                "resets": .date(usage.resets),
            ]
        )
    }

    /// A login link.
    static func webLink(_ link: String) -> Phrase { Phrase(.webLink, ["link": .text(link)]) }

    /// The instructions of a person and of a conversation.
    static func instructions(_ own: OwnInstructions) -> Phrase {
        Phrase { table in
            guard own.bytes > 0 else {
                return table.text(.instructionsNone) + "\n\n" + table.text(.instructionsUsage)
            }
            let parts = [
                (PlainKey.instructionsForAll, own.general), (.instructionsForThis, own.special),
            ]
            let shown = parts.filter { !$0.1.isEmpty }.map { "**\(table.text($0.0))**\n\n\($0.1)" }
            return (shown + [table.text(.instructionsUsage)]).joined(separator: "\n\n")
        }
    }

    /// The names of a person's prompts.
    static func prompts(_ names: [String]) -> Phrase {
        Phrase { table in
            guard !names.isEmpty else { return table.text(.promptsNone) }
            let list = names.map { "- `/\($0)`" }.joined(separator: "\n")
            return "\(table.text(.promptsHead))\n\n\(list)"
        }
    }

    /// The tenant's files.
    static func files(_ list: FileList) -> Phrase {
        Phrase { table in
            guard !list.newest.isEmpty else { return table.text(.filesNone) }
            let rows = list.newest.map { file in
                "\n| `\(file.id)` | \(file.kind) | \(table.figures.text(ByteCount(file.bytes))) "
                    + "| \(table.figures.text(file.lastUsed)) |"
            }
            let more = list.use.files - list.newest.count
            let total = table.text(
                .filesTotal,
                [
                    "count": .count(list.use.files), "most": .count(list.owner.files),
                    "bytes": .size(list.use.bytes), "disk": .size(list.owner.disk),
                ]
            )
            let rest = more > 0 ? [table.text(.filesMore, ["count": .count(more)])] : []
            let lines = [table.text(.filesHead) + rows.joined()] + rest
            return (lines + [total, table.text(.deleteUsage)]).joined(separator: "\n\n")
        }
    }

    /// Files were deleted.
    static func filesDeleted(_ total: FileTotal) -> Phrase {
        guard total.files > 0 else { return Phrase(.deletedNothing) }
        let bytes = ByteCount(total.bytes)
        return Phrase(.deleted, ["count": .count(total.files), "bytes": .size(bytes)])
    }

    // MARK: Turns

    /// The model has begun to see less of the conversation, with a summary of the rest or without.
    package static func forgetting(_ isSummarized: Bool) -> Phrase {
        Phrase(isSummarized ? .modelRemembers : .modelForgets)
    }

    /// The cause of a wait other than the queue, which lasts about this long.
    package static func waiting(_ cause: QueuePlace.Cause, _ wait: Duration) -> Phrase {
        switch cause {
        case .memory: Phrase(.waitingForMemory)
        case .failing: Phrase(.waitingFailing, ["wait": .wait(wait)])
        case .paused: Phrase(.waitingPaused, ["wait": .wait(wait)])
        }
    }

    /// The progress of pictures at their provider.
    package static func progress(_ progress: PictureProgress) -> Phrase {
        switch progress {
        case .queued(let position?) where position > 0:
            Phrase(.progressPlace, ["place": .count(position)])
        case .queued: Phrase(.progressQueued)
        case .running(let percent?): Phrase(.progressPercent, ["percent": .count(percent)])
        case .running: Phrase(.progressRunning)
        case .loading: Phrase(.progressLoading)
        }
    }

    /// A refusal or a failure.
    package static func refusal(_ error: BotError) -> Phrase { Phrase { $0.text(error) } }

    /// A failure after several attempts, and why there is no further one.
    static func gaveUp(_ error: BotError, _ reason: Backoff.Reason) -> Phrase {
        switch reason {
        case .attemptsUsed(let count):
            Phrase(.gaveUpAttempts, ["error": .error(error), "count": .count(count)])
        case .pastDeadline(let excess):
            Phrase(.gaveUpDeadline, ["error": .error(error), "wait": .wait(excess)])
        }
    }

    /// The answer could not be written to the database.
    static func notSaved(_ error: BotError) -> Phrase {
        Phrase(.notSaved, ["error": .error(error)])
    }

    /// The words about an answer's end, or nil if the answer is whole.
    package static func note(_ ending: Turn.Ending) -> Phrase? {
        switch ending {
        case .stop: nil
        case .length: Phrase(.endLength)
        case .contentFilter: Phrase(.endFilter)
        case .toolCalls: Phrase(.endTools)
        case .refusal: Phrase(.endRefusal)
        }
    }
}
