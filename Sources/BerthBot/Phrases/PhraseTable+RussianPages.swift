extension PhraseTable {
    /// The words of the web pages.
    static let russianPages: [PageKey: String] = [
        // MARK: The list of conversations, and the menu

        .skip: "К полю сообщения",
        .conversations: "Разговоры",
        .listClose: "Закрыть список",
        .newConversation: "Новый разговор",
        .search: "Поиск",
        .searchAll: "Искать во всех разговорах",
        .searchResults: "Найдено",
        .searchOlder: "Искать в более старых сообщениях",
        .results: "{n} {n|результат|результата|результатов}",
        .nothingFound: "Ничего не найдено.",
        .theme: "Оформление",
        .themeAuto: "Авто",
        .themeLight: "Светлое",
        .themeDark: "Тёмное",
        .pinned: "Закреплённые",
        .archived: "Архив",
        .archivedNote: "в архиве",
        .today: "Сегодня",
        .yesterday: "Вчера",
        .thisWeek: "На этой неделе",
        .earlier: "Раньше",
        .older: "Более старые разговоры",
        .archiveShow: "Разговоры в архиве",
        .archiveBack: "Ко всем разговорам",
        .requests: "{n} {n|запрос|запроса|запросов} за сегодня",
        .requestsOf: "{n} из {most} {most|запроса|запросов|запросов} за сегодня",
        .tokens: "{n} {n|токен|токена|токенов} за сегодня",
        .tokensOf: "{n} из {most} {most|токена|токенов|токенов} за сегодня",
        .resets: "Обновится в {time}, через {wait}",
        .logOut: "Выйти",
        .model: "Модель",
        .automatic: "Автоматически",
        .more: "Другие действия",
        .actions: "Действия",
        .rename: "Переименовать",
        .renameHead: "Переименовать разговор",
        .pin: "Закрепить",
        .unpin: "Открепить",
        .archive: "Убрать в архив",
        .unarchive: "Вернуть из архива",
        .print: "Напечатать или сохранить как PDF",
        .saveMarkdown: "Скачать в Markdown",
        .saveJSON: "Скачать в JSON",
        .allMarkdown: "Скачать всё в Markdown",
        .allJSON: "Скачать всё в JSON",
        .delete: "Удалить",
        .deleteHead: "Удалить этот разговор?",
        .deleteBody: "Разговор «{title}» и все его сообщения будут удалены.",
        .deletedElsewhere: "Этот разговор удалён в другом окне.",
        .wasDeleted: "Разговор «{title}» удалён.",
        .undo: "Вернуть",

        // MARK: Shared links

        .share: "Поделиться ссылкой",
        .shares: "Ссылки на разговоры",
        .sharesAbout: """
        Каждый, у кого есть ссылка, может без входа прочитать разговор до того момента, когда вы \
        им поделились, вместе с картинками.
        """,
        .sharesYours: "Ваши ссылки",
        .shareMake: "Создать ссылку на этот разговор",
        .shareRenew: "Добавить в ссылку новые сообщения",
        .shareEnd: "Отключить ссылку",
        .shareEndOf: "Отключить ссылку на «{name}»",
        .shareCopyOf: "Скопировать ссылку на «{name}»",
        .shareOf: "Ссылка на «{name}»",
        .sharedTitle: "Разговор по ссылке",
        .sharedEmpty: "В этом разговоре пока нет сообщений.",
        .sharedGone: "Эта ссылка никуда не ведёт: её отключили или она неполная.",

        // MARK: Messages and answers

        .messages: "Сообщения",
        .message: "Сообщение",
        .messageWrite: "Сообщение…",
        .latest: "К последнему сообщению",
        .send: "Отправить",
        .stop: "Остановить ответ",
        .cancel: "Отмена",
        .close: "Закрыть",
        .save: "Сохранить",
        .copy: "Копировать",
        .copied: "Скопировано",
        .edit: "Изменить",
        .editMessage: "Изменить сообщение",
        .hintSend: "Enter — отправить · Shift+Enter — новая строка",
        .hintStop: "Esc — остановить ответ",
        .youWrote: "Вы написали",
        .answer: "Ответ",
        .answerEnd: "Конец ответа.",
        .codeBlock: "Код.",
        .reasoning: "Рассуждение",
        .footnote: "Сноска {name}",
        .footnoteBack: "Обратно к тексту",
        .stopped: "Остановлено.",
        .failed: "Произошла ошибка у провайдера модели.",
        .uncertain: """
        Berth остановился, пока отвечал, и неизвестно, закончил ли провайдер. Если спросить \
        снова, ответ могут посчитать дважды.
        """,
        .makeAgain: "Нарисовать снова",
        .continue: "Продолжить",
        .regenerate: "Другой ответ",
        .askAgain: "Спросить снова",
        .otherModel: "Другая модель",
        .version: "Вариант {n} из {all}",
        .versionBack: "Предыдущий вариант",
        .versionNext: "Следующий вариант",
        .wholeText: "Весь текст, {n} КиБ",
        .wholeTextDeleted: "Остаток текста удалён.",
        .tokensUsed: "{n} {n|токен|токена|токенов}",
        .promptTokens: "В запросе было {n} {n|токен|токена|токенов}.",
        .cached: "Из кэша",
        .cachedAbout: "На этот вопрос уже был сохранённый ответ. Он ничего не стоил.",
        .before: "Перед вами {n}",
        .next: "Вы следующий в очереди",
        .restarting: "Berth перезапускается. Ответ продолжится сам.",
        .reconnecting: "Связь прервалась. Подключаюсь снова…",
        .notBack: "Berth ещё не вернулся. Обновите страницу позже, чтобы увидеть остаток ответа.",
        .connectionLost: "Связь прервалась. Обновите страницу, чтобы увидеть остаток.",
        .earlierMessages: "Более ранние сообщения",
        .notLoaded: "Не удалось загрузить разговор.",
        .tryAgain: "Повторить",

        // MARK: A new conversation

        .morning: "Доброе утро, {name}!",
        .afternoon: "Добрый день, {name}!",
        .evening: "Добрый вечер, {name}!",
        .helloAbout: "Напишите сообщение ниже или начните с одного из этих.",
        .helloHelp: "Все команды покажет `/help`.",
        .example1: "Что ты умеешь?",
        .example2: "Как подключить клиент OpenAI к Berth?",
        .example3: "Объясни медленный старт TCP на небольшом примере.",
        .example4: "Напиши вежливое напоминание о неоплаченном счёте.",

        // MARK: Refusals and the connection

        .fullStop: ".",
        .serverError: "сервер сообщил об ошибке ({status})",
        .unreachable: "Нет связи с Berth",
        .keepsTrying: "Страница продолжает попытки.",
        .kept: "Ваше сообщение сохранено. Отправьте его, когда связь появится.",
        .tooLong: "Сократите сообщение или отправьте его частями.",
        .offline: "Нет соединения с интернетом.",
        .offlineNotice: "Нет соединения с интернетом. Всё, что загружено, можно читать.",
        .needsScripts: "Этой странице нужен JavaScript, а команде `berth chat` в терминале — нет.",

        // MARK: Pictures

        .pictures: "Картинки",
        .picturesSent: "Картинки, которые вы отправили",
        .picturesGiven: "Картинки в сообщении",
        .picturesToSend: "Картинки для отправки",
        .picturesAdd: "Добавить картинки",
        .picturesAdded: "{n|Добавлена|Добавлены|Добавлено} {n} {n|картинка|картинки|картинок}",
        .picturesMost: "В сообщении может быть не больше {n} {n|картинки|картинок|картинок}.",
        .picture: "картинка",
        .pictureOfYours: "ваша картинка",
        .pictureAt: "Картинка {place}",
        .placeOf: "{n} из {all}",
        .thePicture: "картинку",
        .thePictureOf: "картинку {n} из {all}",
        .openThe: "Открыть {place}: {words}",
        .downloadThe: "Скачать {place}",
        .deleteThe: "Удалить {place}",
        .deleteTheSent: "Удалить отправленную {place}",
        .download: "Скачать",
        .deleted: "Удалено",
        .pictureDelete: "Удалить эту картинку?",
        .pictureDeleteSent:
            "Она будет удалена с сервера. В следующих сообщениях модели её тоже не увидят.",
        .pictureDeleteMade: "Она будет удалена с сервера, показать её снова будет нельзя.",
        .pictureDeleted: "Картинка удалена.",
        .pictureUnseen: "Эту картинку нельзя показать здесь.",
        .pictureBack: "Предыдущая картинка",
        .pictureNext: "Следующая картинка",
        .remove: "Убрать",
        .removeOf: "Убрать {name}",
        .pictureRemoved: "{name}: картинка убрана.",
        .fileNoPicture: "«{name}» — не картинка.",
        .fileEmpty: "Файл «{name}» пуст.",
        .fileLarge: "Файл «{name}» больше 32 МиБ.",
        .sending: "Отправляю картинку {n} из {all}…",

        // MARK: Getting in

        .login: "Вход",
        .loginDo: "Войти",
        .loginWelcome: "Добро пожаловать",
        .loginOnce: "Эта ссылка открывает вход в этом браузере. Она действует один раз.",
        .loginOther: "Войти по коду с другого устройства или по ключу доступа",
        .loginNew: """
        Нужна новая ссылка? Отправьте боту `/web` или попросите оператора выполнить `berth \
        tenant link` с вашим именем.
        """,
        .loginPasskey: "Войти по ключу доступа",
        .outHead: "Войдите по своей ссылке",
        .outLink: """
        Чтобы открыть эту страницу, нужна личная ссылка. Чтобы получить её, отправьте боту \
        `/web` или попросите оператора выполнить `berth tenant link` с вашим именем.
        """,
        .outOnce: """
        Каждая ссылка действует один раз. После этого вход в этом браузере сохраняется 90 дней.
        """,
        .code: "Код",
        .codeAbout: """
        На устройстве, где вы уже вошли, откройте в меню «Аккаунт» и выберите «Добавить \
        устройство».
        """,

        // MARK: The account

        .account: "Аккаунт",
        .yourName: "Ваше имя",
        .nameSaved: "Имя сохранено.",
        .devices: "Другие устройства",
        .deviceAdd: "Добавить устройство",
        .qrCode: "QR-код ссылки",
        .codeScan: "Отсканируйте код другим устройством или откройте на нём этот адрес:",
        .codeOpen: "На другом устройстве откройте этот адрес:",
        .codeType: "Затем введите этот код:",
        .codeLife: "Действует ещё {s} с, один раз.",
        .codeUsed: "Новое устройство вошло.",
        .codeExpired: "Срок действия кода истёк.",
        .logins: "Где вы вошли",
        .browserUnknown: "Неизвестный браузер",
        .browserOn: "{browser} в {system}",
        .thisBrowser: "{device} (этот браузер)",
        .since: "с {date}",
        .logOutOf: "Выйти: {device}, {since}",
        .logOutOthers: "Выйти везде, кроме этого браузера",
        .passkeys: "Ключи доступа",
        .passkeyMake: "Создать ключ доступа",
        .passkeysNone:
            "В этом браузере ключи доступа работают только с адресом https и именем сайта.",
        .passkeyOn: "Ключ доступа на {device}",
        .passkeyHere: "Ключ доступа на этом устройстве",
        .passkeySaved: "Ключ доступа сохранён. Им можно войти на странице входа.",
        .passkeyUsed: "использован {date}",
        .passkeyMade: "создан {date}",
        .passkeyName: "Название ключа доступа «{name}»",
        .passkeyRenamed: "Название сохранено.",
        .passkeyDelete: "Удалить ключ доступа «{name}»",
        .passkeyKnown: "На этом устройстве уже есть ключ доступа.",
        .passkeyUnused: "Ключ доступа не использован. Попробуйте ещё раз, когда будете готовы.",

        // MARK: Instructions and prompts

        .own: "Указания и заготовки",
        .ownAbout: "Модель получает ваши указания с каждым вашим сообщением.",
        .ownAll: "Для всех разговоров",
        .ownHere: "Для этого разговора",
        .ownSaved: "Указания сохранены.",
        .outlines: "Модель пишет заголовки и пересказы длинных разговоров за ваш счёт ({models})",
        .prompts: "Заготовки",
        .promptsAbout: """
        Отправьте заготовку по имени, например `/greet`, или вставьте её в сообщение.
        """,
        .promptName: "Имя заготовки",
        .promptText: "Текст заготовки",
        .promptInsert: "Вставить",

        // MARK: The page at an unknown address

        .hostTitle: "Неизвестный адрес",
        .hostHead: "Berth не отвечает по этому адресу",
        .hostAbout: "Berth здесь работает, но оператор не настроил его для адреса `{host}`.",
        .hostOther: """
        Если вам дали другой адрес или ссылку для входа, откройте их. Если нет, отправьте эту \
        страницу оператору.
        """,
        .hostOperator: "Для оператора",
        .hostAdd: "Добавьте адрес в `url` в конфигурации Berth и запустите Berth снова:",
        .hostMore: """
        Если адресов несколько: `url: [https://chat.example.org, {url}]`. В ссылках для входа \
        будет первый.
        """,
        .missingTitle: "Такой страницы нет",
        .missingAbout: """
        По этому адресу ничего нет. \
        Возможно, в ссылке опечатка или то, что она показывала, удалено.
        """,
        .missingHome: "К чату",
    ]
}
