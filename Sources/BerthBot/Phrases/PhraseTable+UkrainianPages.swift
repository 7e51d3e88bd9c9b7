extension PhraseTable {
    /// The words of the web pages.
    static let ukrainianPages: [PageKey: String] = [
        // MARK: The list of conversations, and the menu

        .skip: "До поля повідомлення",
        .conversations: "Розмови",
        .listClose: "Закрити список",
        .newConversation: "Нова розмова",
        .search: "Пошук",
        .searchAll: "Шукати в усіх розмовах",
        .searchResults: "Знайдено",
        .searchOlder: "Шукати в давніших повідомленнях",
        .results: "{n} {n|результат|результати|результатів}",
        .nothingFound: "Нічого не знайдено.",
        .theme: "Оформлення",
        .themeAuto: "Авто",
        .themeLight: "Світле",
        .themeDark: "Темне",
        .pinned: "Закріплені",
        .archived: "Архів",
        .archivedNote: "в архіві",
        .today: "Сьогодні",
        .yesterday: "Вчора",
        .thisWeek: "Цього тижня",
        .earlier: "Раніше",
        .older: "Давніші розмови",
        .archiveShow: "Розмови в архіві",
        .archiveBack: "До всіх розмов",
        .requests: "{n} {n|запит|запити|запитів} за сьогодні",
        .requestsOf: "{n} з {most} {most|запиту|запитів|запитів} за сьогодні",
        .tokens: "{n} {n|токен|токени|токенів} за сьогодні",
        .tokensOf: "{n} з {most} {most|токена|токенів|токенів} за сьогодні",
        .resets: "Оновиться о {time}, через {wait}",
        .logOut: "Вийти",
        .model: "Модель",
        .automatic: "Автоматично",
        .more: "Інші дії",
        .actions: "Дії",
        .rename: "Перейменувати",
        .renameHead: "Перейменувати розмову",
        .pin: "Закріпити",
        .unpin: "Відкріпити",
        .archive: "Прибрати до архіву",
        .unarchive: "Повернути з архіву",
        .print: "Надрукувати або зберегти як PDF",
        .saveMarkdown: "Завантажити в Markdown",
        .saveJSON: "Завантажити в JSON",
        .allMarkdown: "Завантажити все в Markdown",
        .allJSON: "Завантажити все в JSON",
        .delete: "Видалити",
        .deleteHead: "Видалити цю розмову?",
        .deleteBody: "Розмову «{title}» та всі її повідомлення буде видалено.",
        .deletedElsewhere: "Цю розмову видалено в іншому вікні.",
        .wasDeleted: "Розмову «{title}» видалено.",
        .undo: "Повернути",

        // MARK: Shared links

        .share: "Поділитися посиланням",
        .shares: "Посилання на розмови",
        .sharesAbout: """
        Кожен, хто має посилання, може без входу прочитати розмову до того моменту, коли ви нею \
        поділилися, разом із картинками.
        """,
        .sharesYours: "Ваші посилання",
        .shareMake: "Створити посилання на цю розмову",
        .shareRenew: "Додати до посилання нові повідомлення",
        .shareEnd: "Вимкнути посилання",
        .shareEndOf: "Вимкнути посилання на «{name}»",
        .shareCopyOf: "Копіювати посилання на «{name}»",
        .shareOf: "Посилання на «{name}»",
        .sharedTitle: "Розмова за посиланням",
        .sharedEmpty: "У цій розмові поки немає повідомлень.",
        .sharedGone: "Це посилання нікуди не веде: його вимкнули або воно неповне.",

        // MARK: Messages and answers

        .messages: "Повідомлення",
        .message: "Повідомлення",
        .messageWrite: "Повідомлення…",
        .latest: "До останнього повідомлення",
        .send: "Надіслати",
        .stop: "Зупинити відповідь",
        .cancel: "Скасувати",
        .close: "Закрити",
        .save: "Зберегти",
        .copy: "Копіювати",
        .copied: "Скопійовано",
        .edit: "Змінити",
        .editMessage: "Змінити повідомлення",
        .hintSend: "Enter — надіслати · Shift+Enter — новий рядок",
        .hintStop: "Esc — зупинити відповідь",
        .youWrote: "Ви написали",
        .answer: "Відповідь",
        .answerEnd: "Кінець відповіді.",
        .codeBlock: "Код.",
        .reasoning: "Міркування",
        .footnote: "Виноска {name}",
        .footnoteBack: "Назад до тексту",
        .stopped: "Зупинено.",
        .failed: "Сталася помилка в провайдера моделі.",
        .uncertain: """
        Berth зупинився, поки відповідав, і невідомо, чи закінчив провайдер. Якщо спитати знову, \
        відповідь можуть порахувати двічі.
        """,
        .makeAgain: "Намалювати знову",
        .continue: "Продовжити",
        .regenerate: "Інша відповідь",
        .askAgain: "Спитати знову",
        .otherModel: "Інша модель",
        .version: "Варіант {n} з {all}",
        .versionBack: "Попередній варіант",
        .versionNext: "Наступний варіант",
        .wholeText: "Увесь текст, {n} КіБ",
        .wholeTextDeleted: "Решту тексту видалено.",
        .tokensUsed: "{n} {n|токен|токени|токенів}",
        .promptTokens: "У запиті було {n} {n|токен|токени|токенів}.",
        .cached: "З кешу",
        .cachedAbout: "На це запитання вже була збережена відповідь. Вона нічого не коштувала.",
        .before: "Перед вами {n}",
        .next: "Ви наступний у черзі",
        .restarting: "Berth перезапускається. Відповідь продовжиться сама.",
        .reconnecting: "Зв’язок перервався. Підключаюся знову…",
        .notBack: "Berth ще не повернувся. Оновіть сторінку пізніше, щоб побачити решту відповіді.",
        .connectionLost: "Зв’язок перервався. Оновіть сторінку, щоб побачити решту.",
        .earlierMessages: "Раніші повідомлення",
        .notLoaded: "Не вдалося завантажити розмову.",
        .tryAgain: "Повторити",

        // MARK: A new conversation

        .morning: "Доброго ранку, {name}!",
        .afternoon: "Добрий день, {name}!",
        .evening: "Добрий вечір, {name}!",
        .helloAbout: "Напишіть повідомлення нижче або почніть з одного з цих.",
        .helloHelp: "Усі команди покаже `/help`.",
        .example1: "Що ти вмієш?",
        .example2: "Як підключити клієнт OpenAI до Berth?",
        .example3: "Поясни повільний старт TCP на невеликому прикладі.",
        .example4: "Напиши ввічливе нагадування про неоплачений рахунок.",

        // MARK: Refusals and the connection

        .fullStop: ".",
        .serverError: "сервер повідомив про помилку ({status})",
        .unreachable: "Немає зв’язку з Berth",
        .keepsTrying: "Сторінка продовжує спроби.",
        .kept: "Ваше повідомлення збережено. Надішліть його, коли зв’язок з’явиться.",
        .tooLong: "Скоротіть повідомлення або надішліть його частинами.",
        .offline: "Немає з’єднання з інтернетом.",
        .offlineNotice: "Немає з’єднання з інтернетом. Усе, що завантажено, можна читати.",
        .needsScripts: "Цій сторінці потрібен JavaScript, а команді `berth chat` у терміналі — ні.",

        // MARK: Pictures

        .pictures: "Картинки",
        .picturesSent: "Картинки, які ви надіслали",
        .picturesGiven: "Картинки в повідомленні",
        .picturesToSend: "Картинки для надсилання",
        .picturesAdd: "Додати картинки",
        .picturesAdded: "{n|Додано|Додано|Додано} {n} {n|картинку|картинки|картинок}",
        .picturesMost: "У повідомленні може бути не більше {n} {n|картинки|картинок|картинок}.",
        .picture: "картинка",
        .pictureOfYours: "ваша картинка",
        .pictureAt: "Картинка {place}",
        .placeOf: "{n} з {all}",
        .thePicture: "картинку",
        .thePictureOf: "картинку {n} з {all}",
        .openThe: "Відкрити {place}: {words}",
        .downloadThe: "Завантажити {place}",
        .deleteThe: "Видалити {place}",
        .deleteTheSent: "Видалити надіслану {place}",
        .download: "Завантажити",
        .deleted: "Видалено",
        .pictureDelete: "Видалити цю картинку?",
        .pictureDeleteSent:
            "Її буде видалено з сервера. У наступних повідомленнях моделі її теж не побачать.",
        .pictureDeleteMade: "Її буде видалено з сервера, показати її знову не вийде.",
        .pictureDeleted: "Картинку видалено.",
        .pictureUnseen: "Цю картинку не можна показати тут.",
        .pictureBack: "Попередня картинка",
        .pictureNext: "Наступна картинка",
        .remove: "Прибрати",
        .removeOf: "Прибрати {name}",
        .pictureRemoved: "{name}: картинку прибрано.",
        .fileNoPicture: "«{name}» — не картинка.",
        .fileEmpty: "Файл «{name}» порожній.",
        .fileLarge: "Файл «{name}» більший за 32 МіБ.",
        .sending: "Надсилаю картинку {n} з {all}…",

        // MARK: Getting in

        .login: "Вхід",
        .loginDo: "Увійти",
        .loginWelcome: "Ласкаво просимо",
        .loginOnce: "Це посилання відкриває вхід у цьому браузері. Воно діє один раз.",
        .loginOther: "Увійти за кодом з іншого пристрою або за ключем доступу",
        .loginNew: """
        Потрібне нове посилання? Надішліть боту `/web` або попросіть оператора виконати `berth \
        tenant link` з вашим ім’ям.
        """,
        .loginPasskey: "Увійти за ключем доступу",
        .outHead: "Увійдіть за своїм посиланням",
        .outLink: """
        Щоб відкрити цю сторінку, потрібне особисте посилання. Щоб отримати його, надішліть боту \
        `/web` або попросіть оператора виконати `berth tenant link` з вашим ім’ям.
        """,
        .outOnce:
            "Кожне посилання діє один раз. Після цього вхід у цьому браузері зберігається 90 днів.",
        .code: "Код",
        .codeAbout: """
        На пристрої, де ви вже увійшли, відкрийте в меню «Акаунт» і виберіть «Додати пристрій».
        """,

        // MARK: The account

        .account: "Акаунт",
        .yourName: "Ваше ім’я",
        .nameSaved: "Ім’я збережено.",
        .devices: "Інші пристрої",
        .deviceAdd: "Додати пристрій",
        .qrCode: "QR-код посилання",
        .codeScan: "Відскануйте код іншим пристроєм або відкрийте на ньому цю адресу:",
        .codeOpen: "На іншому пристрої відкрийте цю адресу:",
        .codeType: "Потім введіть цей код:",
        .codeLife: "Діє ще {s} с, один раз.",
        .codeUsed: "Новий пристрій увійшов.",
        .codeExpired: "Строк дії коду минув.",
        .logins: "Де ви увійшли",
        .browserUnknown: "Невідомий браузер",
        .browserOn: "{browser} у {system}",
        .thisBrowser: "{device} (цей браузер)",
        .since: "з {date}",
        .logOutOf: "Вийти: {device}, {since}",
        .logOutOthers: "Вийти всюди, крім цього браузера",
        .passkeys: "Ключі доступу",
        .passkeyMake: "Створити ключ доступу",
        .passkeysNone:
            "У цьому браузері ключі доступу працюють лише з адресою https та іменем сайту.",
        .passkeyOn: "Ключ доступу на {device}",
        .passkeyHere: "Ключ доступу на цьому пристрої",
        .passkeySaved: "Ключ доступу збережено. Ним можна увійти на сторінці входу.",
        .passkeyUsed: "використано {date}",
        .passkeyMade: "створено {date}",
        .passkeyName: "Назва ключа доступу «{name}»",
        .passkeyRenamed: "Назву збережено.",
        .passkeyDelete: "Видалити ключ доступу «{name}»",
        .passkeyKnown: "На цьому пристрої вже є ключ доступу.",
        .passkeyUnused: "Ключ доступу не використано. Спробуйте ще раз, коли будете готові.",

        // MARK: Instructions and prompts

        .own: "Вказівки й заготовки",
        .ownAbout: "Модель отримує ваші вказівки з кожним вашим повідомленням.",
        .ownAll: "Для всіх розмов",
        .ownHere: "Для цієї розмови",
        .ownSaved: "Вказівки збережено.",
        .outlines: "Модель пише заголовки й перекази довгих розмов за ваш рахунок ({models})",
        .prompts: "Заготовки",
        .promptsAbout: """
        Надішліть заготовку за іменем, наприклад `/greet`, або вставте її в повідомлення.
        """,
        .promptName: "Ім’я заготовки",
        .promptText: "Текст заготовки",
        .promptInsert: "Вставити",

        // MARK: The page at an unknown address

        .hostTitle: "Невідома адреса",
        .hostHead: "Berth не відповідає за цією адресою",
        .hostAbout: "Berth тут працює, але оператор не налаштував його для адреси `{host}`.",
        .hostOther: """
        Якщо вам дали іншу адресу або посилання для входу, відкрийте їх. Якщо ні, надішліть цю \
        сторінку оператору.
        """,
        .hostOperator: "Для оператора",
        .hostAdd: "Додайте адресу до `url` у конфігурації Berth і запустіть Berth знову:",
        .hostMore: """
        Якщо адрес кілька: `url: [https://chat.example.org, {url}]`. У посиланнях для входу буде \
        перша.
        """,
        .missingTitle: "Такої сторінки немає",
        .missingAbout: """
        За цією адресою нічого немає. \
        Можливо, у посиланні помилка або те, що воно показувало, видалено.
        """,
        .missingHome: "До чату",
    ]
}
