extension PhraseTable {
    static let chinese = PhraseTable(
        language: .chinese,
        plain: [
            .commandNew: "重新开始，不再带上之前的对话",
            .commandModel: "查看模型，或为当前对话选择模型",
            .commandTranslate: "把文字翻译成您的语言或其他语言",
            .commandImage: "根据描述生成图片",
            .commandUsage: "查看已用和剩余的额度",
            .commandFiles: "列出您的文件",
            .commandDelete: "删除一个文件或全部文件",
            .commandStop: "停止正在生成的回答",
            .commandInstructions: "查看或修改您给模型的指示",
            .commandPrompts: "列出您的提示词",
            .commandLang: "选择机器人的语言",
            .commandWeb: "获取在浏览器中使用机器人的链接",
            .commandHelp: "显示此列表",
            .argumentsModel: "[名称]",
            .argumentsTranslate: "[语言] 文字",
            .argumentsImage: "[--n 2] [--size 1024x1536] 描述",
            .argumentsDelete: "文件",
            .argumentsInstructions: "[here] [文字]",
            .argumentsLang: "[语言]",
            .helpHead: """
            | 命令 | 作用 |
            |---|---|
            """,
            .translateUsage: """
            `/translate [语言] 文字` 用来翻译：`/translate 德语 早上好`、`/translate fr 早上好`。\
            语言写在最前面，可以是中文、英文、俄文、乌克兰文名称、该语言自己的名称或两个字母的代码。\
            不写语言时，译成您的语言（用 `/lang` 查看）。如果文字本身以这样的词开头，请先写语言：\
            `/translate zh it piove`。在 Telegram 中用 `/translate` 回复一条消息，就会翻译那条消息。
            """,
            .imageUsage: """
            `/image 描述` 用来生成图片：`/image 黄昏中的灯塔`。描述前可以用 `--n 3` 指定张数，\
            用 `--size 1024x1536` 指定像素尺寸。
            """,
            .imageNoPrompt: "请描述图片的内容。",
            .instructionsNone: "您还没有写指示。",
            .instructionsForAll: "用于所有对话",
            .instructionsForThis: "用于当前对话",
            .instructionsUsage:
                "`/instructions 文字` 用于所有对话，`/instructions here 文字` 只用于当前对话。文字写 `none` 即可删除。",
            .instructionsSaved: "好了。模型会随每条消息收到您的指示。",
            .instructionsDeleted: "好了。指示已删除。",
            .instructionsInGroup: "指示只用于您自己的对话。请在私聊中发送此命令。",
            .promptsNone: "您没有提示词。请在浏览器页面中编写，发送 `/web` 获取链接。",
            .promptsHead: "您的提示词。发送名称即可使用，名称后面的文字会接在提示词之后。",
            .freshStart: "好了。之前的消息不会再发给模型。",
            .filesNone: "您在这里没有文件。",
            .filesHead: """
            | 文件 | 类型 | 大小 | 最近使用 |
            |---|---|---|---|
            """,
            .deleteUsage: "`/delete 文件` 删除一个文件，`/delete all` 删除您的全部文件。",
            .deletedNothing: "没有可删除的文件。",
            .stopped: "已停止。",
            .nothingToStop: "没有正在生成的回答。",
            .waitingForMemory: "服务器内存不足，您的消息正在等待。",
            .progressQueued: "图片正在服务商处排队。",
            .progressRunning: "图片正在生成。",
            .progressLoading: "正在取回图片。",
            .restarting: "服务正在重启，之后会继续回答",
            .uncertain: "服务在回答时中断，回答已丢失；如仍需要，请重新发送消息",
            .modelSeesFromHere:
                "模型从这里开始看到对话，以上内容已放不下。",
            .modelForgets:
                "对话已超出模型的记忆长度，从现在起模型看不到对话的开头。",
            .modelReadsSummary:
                "模型从这里开始看到对话原文，以上内容以摘要形式提供。",
            .modelRemembers:
                "对话已超出模型的记忆长度，从现在起模型读到的是对话开头的摘要。",
            .endLength: "回答达到模型的长度上限，已被截断。您可以让它继续。",
            .endFilter: "服务商的内容过滤器在此处中止了回答。",
            .endTools: "模型在此处请求使用工具，但本聊天没有工具。",
            .endRefusal: "模型拒绝回答。",
            .exportAsked: "您",
            .exportAnswer: "回答",
            .exportUntitled: "新对话",
            .notLoggedIn: "您尚未登录，请打开登录链接",
            .serviceFailed: "服务出错，请重试或告知管理员",
            .loginTooOften: "您的地址尝试次数过多，请等一分钟。",
            .loginPasskeyUnknown: "此处没有这个通行密钥，或已超时。请重试，或使用链接登录。",
            .loginCodeWrong: "验证码有误、已被使用或已过期。请核对，或在已登录的设备上获取新的验证码。",
            .loginLinkUsed: """
            此链接已被使用或已过期。请用 /web 向机器人获取新链接，或向管理员索取（“berth tenant link”）。
            """,
            .welcome: "您好！给我发消息，AI 模型会回答您。`/help` 列出命令，`/lang` 切换我的语言。",
            .accessByInvitation: "本机器人只对受邀用户开放，请向管理员索取邀请链接。",
            .accessAsked: "您的申请已发给管理员，有结果后我会通知您。",
            .accessWaiting: "管理员还在处理您的申请，请耐心等待。",
            .accessApproved: "您现在可以使用了。直接发消息，或查看 `/help`。",
            .accessDeclined: "管理员拒绝了您的申请。",
            .accessFull: "本机器人暂时没有名额，请联系管理员。",
            .invitationInvalid: "此邀请无效：已被使用或已过期。请向管理员索取新的邀请。",
            .accessInGroup: "我只回答有权限的用户。请先私下给我发消息。",
            .unreadSticker: "贴纸很可爱！不过我只能阅读文字、图片和文档。",
            .unreadVoice: "我在这里听不了语音消息，请发送文字。",
            .unreadVideo: "我看不了视频，请发送图片或用文字描述。",
            .unreadLocation: "我读不了位置信息，请用文字写出地点。",
            .unreadContact: "我读不了联系人，请用文字说明。",
            .unreadPoll: "我读不了投票，请用文字提问。",
            .unreadOther: "我读不了这类消息，请发送文字。",
            .voiceWithoutWords: "这条消息里没有听到话语，请再试一次。",
            .fileFailed: "未能取得文件，请重新发送。",
            .answerAsFile: "回答较长，以文件形式发送。",
            .buttonStop: "◼ 停止",
            .buttonAgain: "↻ 重新提问",
            .buttonContinue: "▸ 继续",
            .buttonFile: "📄 以文件发送",
            .buttonLarger: "🔍 原图",
            .buttonDelete: "🗑 删除",
            .buttonApprove: "✓ 同意",
            .buttonDecline: "✗ 拒绝",
            .pressNotYours: "这是别人的按钮。",
            .pressTooOld: "此按钮已失效。",
            .pressDeleted: "已删除。",
            .pressFailed: "操作失败，请重试。",
        ],
        filled: chinesePhrases,
        errors: chineseErrors,
        pages: chinesePages,
        figures: Figures(
            plural: .none,
            group: ",",
            leastGrouped: 4,
            decimal: ".",
            sizes: [" B", " KiB", " MiB", " GiB"],
            waits: [" 秒", " 分钟", " 小时"],
            money: "# 美元",
            date: "{y}年{m}{d}日",
            months: (1...12).map { "\($0)月" }
        )
    )

    private static let chinesePhrases: [PhraseKey: String] = [
        .unknownCommand: "没有命令 `/{word}`。",
        .models: """
        当前对话使用 `{chosen}`。可用的模型：

        {list}

        用 `/model 名称` 选择。
        """,
        .modelChosen: "当前对话现在使用 `{name}`。",
        .nothingChanged: "未作更改：{error}。",
        .usage: """
        | | 已用 | 上限 |
        |---|---|---|
        | 今日请求数 | {requests} | {mostRequests} |
        | 今日词元数 | {tokens} | {mostTokens} |
        | 今日图片数 | {images} | {mostImages} |
        | 本月费用 | {spent} | {mostSpent} |

        每日额度将于 {resets} 重置。
        """,
        .webLink: """
        请在一天内用浏览器打开此链接，链接只能使用一次。

        {link}
        """,
        .filesMore: "另有 {count} 个更早使用的文件。",
        .filesTotal: "您有 {count} 个文件（上限 {most} 个），共 {bytes}（上限 {disk}）。",
        .deleted: "已删除 {count} 个文件，共 {bytes}。",
        .imageCount: "`--n` 应为 1 到 {most} 的数字，而不是 `{text}`。",
        .imageSize: "`--size` 应为 1 到 {most} 的宽和高，例如 `1024x1536`，而不是 `{text}`。",
        .imageOption: "没有选项 `--{name}`，可用的选项是 `--n` 和 `--size`。",
        .language: """
        机器人的语言：{language}（由您选择）。

        {list}

        `/lang auto` 恢复为跟随您的应用或浏览器的语言。模型用您书写的语言回答。
        """,
        .languageAutomatic: """
        机器人的语言：{language}（跟随您的应用或浏览器）。

        {list}

        模型用您书写的语言回答。
        """,
        .languageChosen: "好了。机器人的语言现在是{language}。",
        .languageReset: "好了。机器人跟随您的应用或浏览器的语言，目前是{language}。",
        .languageUnknown: """
        我不认识语言 `{word}`。可用的语言：

        {list}
        """,
        .waitingPaused: "模型要求暂停，您的消息将在大约 {wait}后发送。",
        .waitingFailing: "模型暂时没有回应，大约 {wait}后重试。",
        .progressPlace: "图片正在服务商处排队，位置 {place}。",
        .progressPercent: "图片正在生成：{percent}%。",
        .gaveUpAttempts: "{error}（尝试 {count} 次均未成功）",
        .gaveUpDeadline: "{error}（下一次尝试将超出期限 {wait}）",
        .notSaved: "回答未能保存：{error}",
        .fileTooLarge: "文件太大：我最多接收 {most} 的文件。",
        .documentUnread: """
        我读不了文档 `{name}`。我能阅读文本文件和图片，请发送这类文件，或把文字复制到消息里。
        """,
        .documentCut: "文档 `{name}` 较长，只读取了前 {size}。",
        .picturesLeftOut: "我一次最多看 {most} 张图片，其余的已略过。",
        .tooManyMessages: "您等待的消息太多，其中 {count} 条未读取。",
        .album: "{count} 张图片",
        .operatorAsked: "{person} 申请使用机器人。",
        .operatorApproved: "{person} 现在可以使用了。",
        .operatorDeclined: "已拒绝 {person} 的申请。",
    ]
}
