extension PhraseTable {
    static let english = PhraseTable(
        language: .english,
        plain: [
            .commandNew: "Start afresh, without the conversation so far",
            .commandModel: "Show the models, or choose one for this conversation",
            .commandTranslate: "Translate a text into your language or another one",
            .commandImage: "Make pictures from a description",
            .commandUsage: "Show how much you have used and how much is left",
            .commandFiles: "List your files",
            .commandDelete: "Delete one of your files, or all of them",
            .commandStop: "Stop the answer that is being written",
            .commandInstructions: "Show or change your instructions to the model",
            .commandPrompts: "List your own prompts",
            .commandLang: "Choose the language of the bot",
            .commandWeb: "Get a link to this bot in your browser",
            .commandHelp: "Show this list",
            .argumentsModel: "[name]",
            .argumentsTranslate: "[language] text",
            .argumentsImage: "[--n 2] [--size 1024x1536] description",
            .argumentsDelete: "FILE",
            .argumentsInstructions: "[here] [TEXT]",
            .argumentsLang: "[language]",
            .helpHead: """
            | command | what it does |
            |---|---|
            """,
            .translateUsage: """
            `/translate [language] text` translates a text: `/translate German Good morning`, \
            `/translate fr Good morning`. The language is the first word: its name in English, \
            Russian, Ukrainian, Chinese or the language itself, or its two-letter code. Without \
            one, the text is translated into your language, which `/lang` shows. If the text \
            itself begins with such a word, name the language first: `/translate en it piove`. \
            In Telegram, `/translate` in reply to a message translates that message.
            """,
            .imageUsage: """
            `/image description` makes a picture: `/image a lighthouse at dusk`. Before the \
            description, `--n 3` asks for several pictures and `--size 1024x1536` for a size \
            in pixels.
            """,
            .imageNoPrompt: "Say what the picture is to show.",
            .instructionsNone: "You have given no instructions.",
            .instructionsForAll: "For every conversation",
            .instructionsForThis: "For this conversation",
            .instructionsUsage:
                """
            `/instructions TEXT` is for every conversation, `/instructions here TEXT` for this one. \
            `none` as the text deletes them.
            """,
            .instructionsSaved: "Done. The model gets your instructions with each message.",
            .instructionsDeleted: "Done. The instructions are deleted.",
            .instructionsInGroup:
                "Instructions are for your own conversations. Use the command in our private chat.",
            .promptsNone:
                "You have no prompts. You write them on the page: `/web` gives you a link.",
            .promptsHead:
                "Your prompts. Send a name, and what you write behind it follows the prompt.",
            .freshStart: "Done. Earlier messages are no longer sent to the model.",
            .filesNone: "You have no files here.",
            .filesHead: """
            | file | type | size | last used |
            |---|---|---|---|
            """,
            .deleteUsage:
                "`/delete FILE` deletes one of your files, and `/delete all` deletes all of them.",
            .deletedNothing: "There was nothing to delete.",
            .stopped: "Stopped.",
            .nothingToStop: "There is nothing to stop.",
            .waitingForMemory: "The server is short of memory. Your message waits.",
            .progressQueued: "The picture waits in the provider's queue.",
            .progressRunning: "The picture is being made.",
            .progressLoading: "The picture is being fetched.",
            .restarting: "the service is being restarted: the answer goes on after that",
            .uncertain: """
            the service broke off while it answered your message, and the answer was lost: \
            send the message again if you still want an answer
            """,
            .modelSeesFromHere:
                "The model sees the conversation from here on. What is above no longer fits.",
            .modelForgets:
                "The conversation has become longer than the model's memory. From now on its beginning is left out.",
            .modelReadsSummary:
                "The model sees the conversation from here on, and a summary of what is above.",
            .modelRemembers:
                """
            The conversation has become longer than the model's memory. From now on the model \
            reads a summary of its beginning.
            """,
            .endLength: "The answer was cut at the model's limit. Ask it to continue.",
            .endFilter: "The provider's content filter ended the answer here.",
            .endTools: "The model asked for a tool here, and this chat has none.",
            .endRefusal: "The model declined to answer.",
            .exportAsked: "You",
            .exportAnswer: "Answer",
            .exportUntitled: "New conversation",
            .notLoggedIn: "you are not logged in: open a login link",
            .serviceFailed: "the service failed: try again, or tell the operator",
            .loginTooOften: "Too many tries from your address: wait a minute.",
            .loginPasskeyUnknown: """
            This passkey is not known here, or it took too long. Try again, or log in by a link.
            """,
            .loginCodeWrong: """
            This code is wrong, was used before or has expired. Look at it again, or ask for a new \
            one on the device where you are logged in.
            """,
            .loginLinkUsed: """
            This link was used before or has expired. Ask the bot for a new one with /web, or \
            the operator for one with “berth tenant link”.
            """,
            .welcome: """
            Hello! Write to me, and an AI model answers. `/help` lists the commands, and \
            `/lang` changes my language.
            """,
            .accessByInvitation: """
            This bot is for invited people. Please ask its operator for an invitation link.
            """,
            .accessAsked:
                "Your request was sent to the operator. I write to you once it is decided.",
            .accessWaiting: "Your request is still with the operator. Please be patient.",
            .accessApproved: "You have access now. Write to me, or see `/help`.",
            .accessDeclined: "The operator has declined your request.",
            .accessFull: "This bot has no free place at the moment. Please ask its operator.",
            .invitationInvalid: """
            This invitation is not valid: it was used or has expired. Please ask the operator \
            for a new one.
            """,
            .accessInGroup: "I answer people who have access. Please write to me in private first.",
            .unreadSticker: "A nice sticker! But I read only text, pictures and documents.",
            .unreadVoice: "I cannot listen to voice messages here. Please write your message.",
            .unreadVideo: "I cannot watch videos. Please send a picture, or describe it.",
            .unreadLocation: "I cannot read locations. Please write the place as text.",
            .unreadContact: "I cannot read contacts. Please write what you need as text.",
            .unreadPoll: "I cannot read polls. Please write your question as text.",
            .unreadOther: "I cannot read messages of this kind. Please write your message as text.",
            .voiceWithoutWords: "I heard no words in this message. Please try again.",
            .fileFailed: "The file could not be fetched. Please send it again.",
            .answerAsFile: "The answer is long, so I send it as a file.",
            .buttonStop: "◼ Stop",
            .buttonAgain: "↻ Ask again",
            .buttonContinue: "▸ Continue",
            .buttonFile: "📄 As a file",
            .buttonLarger: "🔍 Larger",
            .buttonDelete: "🗑 Delete",
            .buttonApprove: "✓ Approve",
            .buttonDecline: "✗ Decline",
            .pressNotYours: "This button belongs to somebody else.",
            .pressTooOld: "This button no longer works.",
            .pressDeleted: "Deleted.",
            .pressFailed: "That did not work. Please try again.",
        ],
        filled: englishPhrases,
        errors: [:],
        pages: englishPages,
        figures: Figures(
            plural: .english,
            group: ",",
            leastGrouped: 4,
            decimal: ".",
            sizes: [" B", " KiB", " MiB", " GiB"],
            waits: [" s", " min", " h"],
            money: "$#",
            date: "{d} {m} {y},",
            months: [
                "January", "February", "March", "April", "May", "June", "July", "August",
                "September", "October", "November", "December",
            ]
        )
    )

    private static let englishPhrases: [PhraseKey: String] = [
        .unknownCommand: "There is no command `/{word}`.",
        .models: """
        This conversation uses `{chosen}`. The models are:

        {list}

        Choose one with `/model NAME`.
        """,
        .modelChosen: "This conversation now uses `{name}`.",
        .nothingChanged: "Nothing was changed: {error}.",
        .usage: """
        | | used | limit |
        |---|---|---|
        | requests today | {requests} | {mostRequests} |
        | tokens today | {tokens} | {mostTokens} |
        | pictures today | {images} | {mostImages} |
        | cost this month | {spent} | {mostSpent} |

        The daily limits reset on {resets}.
        """,
        .webLink: """
        Open this link in a browser within a day. It works once.

        {link}
        """,
        .filesMore: "And {count} {count|file|files} that {count|was|were} used longer ago.",
        .filesTotal: "You have {count} {count|file|files} of {most} with {bytes} of {disk}.",
        .deleted: "Deleted {count} {count|file|files} with {bytes}.",
        .imageCount: "`--n` takes a number from 1 to {most}, not `{text}`.",
        .imageSize: """
        `--size` takes a width and a height from 1 to {most}, as in `1024x1536`, not `{text}`.
        """,
        .imageOption: "There is no option `--{name}`: the options are `--n` and `--size`.",
        .language: """
        Language of the bot: {language}, as you have chosen.

        {list}

        `/lang auto` follows the language of your app or browser again. The model answers in \
        the language in which you write.
        """,
        .languageAutomatic: """
        Language of the bot: {language}, as your app or browser has it.

        {list}

        The model answers in the language in which you write.
        """,
        .languageChosen: "Done. The language of the bot is {language} now.",
        .languageReset:
            "Done. The bot follows the language of your app or browser, which is {language} now.",
        .languageUnknown: """
        I do not know the language `{word}`. These are the languages:

        {list}
        """,
        .waitingPaused: "The model has asked for a pause. Your message is sent in about {wait}.",
        .waitingFailing: "The model does not answer now. It is asked again in about {wait}.",
        .progressPlace: "The picture waits at place {place} in the provider's queue.",
        .progressPercent: "The picture is being made: {percent} %.",
        .gaveUpAttempts: "{error} (tried {count} {count|time|times} without success)",
        .gaveUpDeadline: "{error} (the next attempt would come {wait} after the deadline)",
        .notSaved: "the answer could not be saved: {error}",
        .fileTooLarge: "The file is too large: I take files of up to {most}.",
        .documentUnread: """
        I cannot read the document `{name}`. I read text files and pictures: please send one \
        of these, or copy the text into a message.
        """,
        .documentCut: "The document `{name}` is long: I read its first {size}.",
        .picturesLeftOut:
            "I look at {most} {most|picture|pictures} at once, and have left out the rest.",
        .tooManyMessages: "Too many of your messages waited, so I have left out {count} of them.",
        .album: "{count} {count|picture|pictures}",
        .operatorAsked: "{person} asks for access to the bot.",
        .operatorApproved: "{person} has access now.",
        .operatorDeclined: "{person} was declined.",
    ]
}
