extension PhraseTable {
    /// The words of the web pages.
    static let englishPages: [PageKey: String] = [
        // MARK: The list of conversations, and the menu

        .skip: "Skip to the message box",
        .conversations: "Conversations",
        .listClose: "Close the list",
        .newConversation: "New conversation",
        .search: "Search",
        .searchAll: "Search all conversations",
        .searchResults: "Search results",
        .searchOlder: "Search older messages",
        .results: "{n} {n|result|results}",
        .nothingFound: "Nothing was found.",
        .theme: "Theme",
        .themeAuto: "Auto",
        .themeLight: "Light",
        .themeDark: "Dark",
        .pinned: "Pinned",
        .archived: "Archived",
        .archivedNote: "archived",
        .today: "Today",
        .yesterday: "Yesterday",
        .thisWeek: "This week",
        .earlier: "Earlier",
        .older: "Older conversations",
        .archiveShow: "Archived conversations",
        .archiveBack: "Back to all conversations",
        .requests: "{n} {n|request|requests} today",
        .requestsOf: "{n} of {most} {most|request|requests} today",
        .tokens: "{n} {n|token|tokens} today",
        .tokensOf: "{n} of {most} {most|token|tokens} today",
        .resets: "Resets at {time}, in {wait}.",
        .logOut: "Log out",
        .model: "Model",
        .automatic: "Automatic",
        .more: "More actions",
        .actions: "Actions",
        .rename: "Rename",
        .renameHead: "Rename this conversation",
        .pin: "Pin",
        .unpin: "Unpin",
        .archive: "Archive",
        .unarchive: "Take out of the archive",
        .print: "Print or save as PDF",
        .saveMarkdown: "Download as Markdown",
        .saveJSON: "Download as JSON",
        .allMarkdown: "Download everything as Markdown",
        .allJSON: "Download everything as JSON",
        .delete: "Delete",
        .deleteHead: "Delete this conversation?",
        .deleteBody: "“{title}” and all its messages will be deleted.",
        .deletedElsewhere: "This conversation was deleted in another window.",
        .wasDeleted: "“{title}” was deleted.",
        .undo: "Undo",

        // MARK: Shared links

        .share: "Share by a link",
        .shares: "Shared links",
        .sharesAbout: """
        Anybody who has a link can read the conversation up to the moment when you shared it, \
        with its pictures and without logging in.
        """,
        .sharesYours: "Your shared links",
        .shareMake: "Make a link to this conversation",
        .shareRenew: "Add the newest messages to its link",
        .shareEnd: "End this link",
        .shareEndOf: "End the link to “{name}”",
        .shareCopyOf: "Copy the link to “{name}”",
        .shareOf: "Link to “{name}”",
        .sharedTitle: "Shared conversation",
        .sharedEmpty: "This conversation has no messages yet.",
        .sharedGone:
            "This link leads nowhere. It was ended by the person who shared it, or is incomplete.",

        // MARK: Messages and answers

        .messages: "Messages",
        .message: "Message",
        .messageWrite: "Write a message",
        .latest: "Jump to the newest message",
        .send: "Send",
        .stop: "Stop the answer",
        .cancel: "Cancel",
        .close: "Close",
        .save: "Save",
        .copy: "Copy",
        .copied: "Copied",
        .edit: "Edit",
        .editMessage: "Edit your message",
        .hintSend: "Enter sends · Shift+Enter makes a new line",
        .hintStop: "Esc stops the answer",
        .youWrote: "You wrote",
        .answer: "Answer",
        .answerEnd: "End of the answer.",
        .codeBlock: "Code.",
        .reasoning: "Reasoning",
        .footnote: "Footnote {name}",
        .footnoteBack: "Back to the text",
        .stopped: "Stopped.",
        .failed: "The model's provider failed.",
        .uncertain: """
        Berth stopped while it was answering, and it is unknown whether the provider finished. \
        If you ask again, you may be charged twice.
        """,
        .makeAgain: "Make again",
        .continue: "Continue",
        .regenerate: "Regenerate",
        .askAgain: "Ask again",
        .otherModel: "Other model",
        .version: "Version {n} of {all}",
        .versionBack: "Previous version",
        .versionNext: "Next version",
        .wholeText: "The whole text, {n} KiB",
        .wholeTextDeleted: "The rest of the text was deleted.",
        .tokensUsed: "{n} {n|token|tokens}",
        .promptTokens: "The prompt had {n} {n|token|tokens}.",
        .cached: "From the cache",
        .cachedAbout:
            "This question was answered before, and the answer was kept. It cost nothing.",
        .before: "{n} before you",
        .next: "You are next",
        .restarting: "Berth is restarting. Your answer will continue by itself.",
        .reconnecting: "Connection lost. Reconnecting…",
        .notBack: "Berth is not back yet. Reload the page later to see the rest of the answer.",
        .connectionLost: "Connection lost. Reload the page to see the rest.",
        .earlierMessages: "Earlier messages",
        .notLoaded: "This conversation could not be loaded.",
        .tryAgain: "Try again",

        // MARK: A new conversation

        .morning: "Good morning, {name}.",
        .afternoon: "Good afternoon, {name}.",
        .evening: "Good evening, {name}.",
        .helloAbout: "Write a message below, or start with one of these.",
        .helloHelp: "Type `/help` to see all commands.",
        .example1: "What can you do for me?",
        .example2: "How do I connect an OpenAI client to Berth?",
        .example3: "Explain TCP slow start with a small example.",
        .example4: "Write a friendly reminder about an unpaid invoice.",

        // MARK: Refusals and the connection

        .fullStop: ".",
        .serverError: "the server returned an error ({status})",
        .unreachable: "Berth cannot be reached",
        .keepsTrying: "This page keeps trying.",
        .kept: "Your message is kept. Send it when the connection is back.",
        .tooLong: "Make the message shorter, or send it in parts.",
        .offline: "You are offline.",
        .offlineNotice: "You are offline. What is loaded stays here to be read.",
        .needsScripts: "This page needs JavaScript. `berth chat` in a terminal does not.",

        // MARK: Pictures

        .pictures: "Pictures",
        .picturesSent: "Pictures that you sent",
        .picturesGiven: "Pictures of the message",
        .picturesToSend: "Pictures to send",
        .picturesAdd: "Add pictures",
        .picturesAdded: "{n} {n|picture|pictures} added",
        .picturesMost: "A message takes at most {n} {n|picture|pictures}.",
        .picture: "picture",
        .pictureOfYours: "a picture of yours",
        .pictureAt: "Picture {place}",
        .placeOf: "{n} of {all}",
        .thePicture: "picture",
        .thePictureOf: "picture {n} of {all}",
        .openThe: "Open {place}: {words}",
        .downloadThe: "Download {place}",
        .deleteThe: "Delete {place}",
        .deleteTheSent: "Delete {place} that you sent",
        .download: "Download",
        .deleted: "Deleted",
        .pictureDelete: "Delete this picture?",
        .pictureDeleteSent:
            "It will be deleted from the server. Models do not see it in later messages either.",
        .pictureDeleteMade: "It will be deleted from the server and cannot be shown again.",
        .pictureDeleted: "The picture was deleted.",
        .pictureUnseen: "This picture cannot be shown here.",
        .pictureBack: "Previous picture",
        .pictureNext: "Next picture",
        .remove: "Remove",
        .removeOf: "Remove {name}",
        .pictureRemoved: "{name} was removed.",
        .fileNoPicture: "“{name}” is not a picture.",
        .fileEmpty: "“{name}” is empty.",
        .fileLarge: "“{name}” is larger than 32 MiB.",
        .sending: "Sending picture {n} of {all}…",

        // MARK: Getting in

        .login: "Log in",
        .loginDo: "Log in",
        .loginWelcome: "Welcome aboard",
        .loginOnce: "This link logs you in on this browser. It works once.",
        .loginOther: "Use a code from another device, or a passkey",
        .loginNew: """
        Need a new link? Send `/web` to the bot, or ask your operator to run `berth tenant link` \
        with your name.
        """,
        .loginPasskey: "Log in with a passkey",
        .outHead: "Log in with your link",
        .outLink: """
        You need a personal link to open this page. To get one, send `/web` to the bot, or ask \
        your operator to run `berth tenant link` with your name.
        """,
        .outOnce: "Each link works once. After that, this browser stays logged in for 90 days.",
        .code: "Code",
        .codeAbout: """
        On a device where you are logged in, open “Account” in the menu and choose “Add a \
        device”.
        """,

        // MARK: The account

        .account: "Account",
        .yourName: "Your name",
        .nameSaved: "Your name is saved.",
        .devices: "Further devices",
        .deviceAdd: "Add a device",
        .qrCode: "QR code of the link",
        .codeScan: "Scan this with the other device, or open this address on it:",
        .codeOpen: "On the other device, open this address:",
        .codeType: "Then type this code:",
        .codeLife: "Valid for {s} s. It works once.",
        .codeUsed: "The new device is logged in.",
        .codeExpired: "The code has expired.",
        .logins: "Where you are logged in",
        .browserUnknown: "Unknown browser",
        .browserOn: "{browser} on {system}",
        .thisBrowser: "{device} (this browser)",
        .since: "since {date}",
        .logOutOf: "Log out {device}, {since}",
        .logOutOthers: "Log out everywhere else",
        .passkeys: "Passkeys",
        .passkeyMake: "Make a passkey",
        .passkeysNone: "This browser has passkeys only for an https address with a name.",
        .passkeyOn: "Passkey on {device}",
        .passkeyHere: "Passkey on this device",
        .passkeySaved: "Your passkey is saved. You can log in with it on the login page.",
        .passkeyUsed: "used {date}",
        .passkeyMade: "made {date}",
        .passkeyName: "Name of the passkey “{name}”",
        .passkeyRenamed: "The name is saved.",
        .passkeyDelete: "Delete the passkey “{name}”",
        .passkeyKnown: "This device has a passkey already.",
        .passkeyUnused: "The passkey was not used. Try again when you are ready.",

        // MARK: Instructions and prompts

        .own: "Instructions and prompts",
        .ownAbout: "The model gets your instructions with each of your messages.",
        .ownAll: "For every conversation",
        .ownHere: "For this conversation",
        .ownSaved: "Your instructions are saved.",
        .outlines: """
        A model writes titles and summaries of long conversations, at your cost ({models})
        """,
        .prompts: "Prompts",
        .promptsAbout: "Send a prompt by its name, such as `/greet`, or put it into the message.",
        .promptName: "Name of the prompt",
        .promptText: "Text of the prompt",
        .promptInsert: "Insert",

        // MARK: The page at an unknown address

        .hostTitle: "Unknown address",
        .hostHead: "Berth does not answer at this address",
        .hostAbout: "Berth runs here, but its operator has not set it up for the address `{host}`.",
        .hostOther: """
        If you were given another address or a login link, open that one. Otherwise send this \
        page to the operator.
        """,
        .hostOperator: "For the operator",
        .hostAdd: "Add the address to `url` in Berth's configuration, and start Berth again:",
        .hostMore: """
        With more than one address: `url: [https://chat.example.org, {url}]`. Login links use \
        the first.
        """,
        .missingTitle: "There is no such page",
        .missingAbout: """
        Nothing is at this address. \
        The link may be mistyped, or what it showed is deleted.
        """,
        .missingHome: "To the chat",
    ]
}
