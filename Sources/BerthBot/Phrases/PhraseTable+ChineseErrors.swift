extension PhraseTable {
    static let chineseErrors: [ErrorKey: String] = [
        .unknownModel: "没有模型“{name}”，可用的模型：{list}",
        .tooManyRequests: "您已有 {count} 个请求正在处理，达到上限，请等其中一个完成",
        .suspended: "您的使用权限已暂停，请联系管理员",
        .endedByOperator: "管理员中止了此请求",
        .quotaRequests: """
        每日 {most} 次请求已用 {used} 次，此次还需 {asked} 次；请在 {resets} 之后再试，或请管理员提高额度
        """,
        .quotaTokens: """
        每日 {most} 个词元已用 {used} 个，此次还需 {asked} 个；请在 {resets} 之后再试，或请管理员提高额度
        """,
        .quotaImages: """
        每日 {most} 张图片已用 {used} 张，此次还需 {asked} 张；请在 {resets} 之后再试，或请管理员提高额度
        """,
        .quotaDollars: """
        每月 {most} 的额度已用 {used}，此次还需 {asked}；请在 {resets} 之后再试，或请管理员提高额度
        """,
        .bodyTooLarge: "请求超过 {most}",
        .foreignOrigin: "此请求不是来自 Berth 的页面",
        .sessionBusy: "上一条消息还在回答，请等待或停止它",
        .tooManySessions: "您有 {count} 个对话，达到上限，请删除不需要的",
        .tooManyNewSessions: "您创建的对话太多，每分钟上限 {count} 个，请在 {wait}后再试",
        .tooManyCodes: "您请求的验证码太多，每分钟上限 {count} 个，请在 {wait}后再试",
        .noSession: "没有这个对话",
        .promptName:
            "提示词的名称由最多 32 个字节的字母和 _ 组成，且不能是机器人的命令",
        .tooManyPrompts:
            "您有 {count} 个提示词，达到上限，请删除不需要的",
        .noTurn: "没有这条消息，或者已经回答过了",
        .notCut: "只有最后一个因模型长度上限而中断的回答才能继续",
        .emptyText: "消息是空的",
        .textTooLong: "消息长 {size}，上限是 {most}",
        .stopping: "服务正在重启，请稍后再试",
        .sharedCallEnded: "与他人共用的请求提前结束，请重新提问",
        .readTooSlowly: "读取过慢，回答已中止：还有 {behind} 未读取",
        .busy: "服务繁忙，请稍后再试",
        .databaseFailed: "服务的数据库出错，请重试或告知管理员",
        .databaseReadOnly: "服务器暂时无法写入数据库，请稍后再试",
        .answerTooLong: "回答超过 {most}，已在此处截断",
        .memoryShort: "此操作需要 {size} 内存，服务器目前没有，请稍后再试",
        .memoryQuota: """
        此操作需要 {size} 内存，而您的 {most} 中已占用 {held}；请等正在进行的工作完成，或一次少发一些
        """,
        .memoryShare: "服务器内存即将用尽，而您已占用 {held}，超过您的份额 {share}；请等正在进行的工作完成",
        .memoryPaused: "服务器内存不足，暂不开始新的工作；您的请求已等待 {wait}，请稍后再试",
        .queueOwnFull: """
        您已有 {count} 个请求在排队（上限 {most} 个），下一个大约在 {wait}后开始，请到时再试
        """,
        .queueFull: "服务的队列已满，下一个请求大约在 {wait}后开始，请到时再试",
        .closedFailing: "“{name}”持续出错，暂停请求，{wait}后重试",
        .closedFailingForOne: "“{name}”处理您的请求时持续出错，暂停您的请求，{wait}后重试",
        .closedPaused: "“{name}”要求暂停，{wait}后重试",
        .closedPausedForOne: "“{name}”要求暂停您的请求，{wait}后重试",
        .unreachable: "无法连接服务商“{provider}”，请稍后再试",
        .unreachableName: "找不到服务商“{provider}”的服务器，请稍后再试或告知管理员",
        .certificateUntrusted: "无法与服务商“{provider}”建立安全连接：其证书不受信任，请告知管理员",
        .certificateExpired: "无法与服务商“{provider}”建立安全连接：其证书已过期，请告知管理员",
        .certificateNotYetValid: "无法与服务商“{provider}”建立安全连接：其证书尚未生效，请告知管理员",
        .certificateOfAnother: "无法与服务商“{provider}”建立安全连接：其证书属于其他服务器，请告知管理员",
        .certificatesUnreadable: "无法与服务商“{provider}”建立安全连接：无法读取受信任的证书，请告知管理员",
        .noHandshake: "无法与服务商“{provider}”建立安全连接，请告知管理员",
        .unreadable: "无法理解服务商“{provider}”的回应，请告知管理员",
        .timedOut: "服务商“{provider}”太慢，回答没有按时到达，请稍后再试",
        .notServed: "服务商“{provider}”暂不为本机器人服务，请告知管理员",
        .rateLimited: "服务商“{provider}”限制了请求频率{again}{reason}",
        .unavailable: "服务商“{provider}”不可用（状态码 {status}）{again}{reason}",
        .untranslatable: "此请求无法发送给服务商“{provider}”",
        .failedAlone: """
        服务商“{provider}”处理此请求时出错（状态码 {status}），但能回答其他请求；请修改请求或稍后再试
        """,
        .refused: "服务商“{provider}”拒绝了请求：{message}",
        .failedMidway: "服务商“{provider}”在回答途中报错：{message}",
        .cut: "服务商“{provider}”提前结束，回答不完整，请重新提问",
        .wordless: "服务商“{provider}”没有给出任何文字，请重新提问",
        .wordlessLength: """
        服务商“{provider}”的模型在给出文字之前就用尽了输出上限；请减少要求或选择其他模型
        """,
        .wordlessFilter: "服务商“{provider}”的内容过滤器拦下了回答，请换一种说法提问",
        .wordlessTool: "服务商“{provider}”的模型请求使用工具，但本聊天没有工具，请重新提问",
        .malformed: "服务商“{provider}”的回答格式有误，请重新提问",
        .unconfirmed: "服务商“{provider}”没有确认订单，可能已在处理，因此不会自动重复",
        .undelivered: "无法取回服务商“{provider}”的图片",
        .tooManyCalls: "正在处理的请求太多，请稍后再试",
        .memoryMidway: "内存不足，回答提前结束，请重新提问",
        .cancelled: "回答已停止",
        .againIn: "，请在 {wait}后再试",
        .againSoon: "，请稍后再试",
        .itsReason: "；原因：{text}",
        .overDisk: """
        您的文件已占用 {most} 中的 {used}，此文件需要 {asked}；请用 /files 和 /delete 删除一些，\
        或请管理员增加空间
        """,
        .overCount: """
        您有 {count} 个文件，达到上限；请用 /files 和 /delete 删除一些，或请管理员提高上限
        """,
        .fileEmpty: "文件是空的",
        .diskFull: "服务器暂时没有存放文件的空间，请稍后再试",
        .noFiles: "服务器暂时无法保存文件，请告知管理员",
        .fileNotFound: "没有这个文件",
        .fileGone: "此文件已不在服务器上",
        .linkBad: "此链接无效，请完整复制或获取新链接",
        .linkExpired: "此链接已过期，请获取新链接",
        .noPictures: "本机器人不能生成图片：管理员没有为此配置模型",
        .commandWithPictures: "命令不能附带图片，请把图片和问题一起发送",
        .tooManyPictures: "消息中有 {count} 张图片，最多 {most} 张",
        .tooManyPicturesForModel: "消息中有 {count} 张图片，而模型 {model} 最多接受 {most} 张",
        .blind: "模型 {model} 看不了图片；请用 /model 选择能看的（{list}），或发送不带图片的消息",
        .blindAll: "这里没有能看图片的模型；请发送不带图片的消息，或请管理员添加这样的模型",
        .pictureNumber: "图片 {number}：{error}",
        .pictureEmpty: "图片是空的，请重新发送",
        .pictureUnknown: "这不是已知格式的图片，请发送 JPEG、PNG、WebP、GIF、AVIF 或 HEIC",
        .pictureForeign: "这里不接受 {format} 文件，请发送 JPEG、PNG、WebP、GIF、AVIF 或 HEIC",
        .pictureVideo: "这是视频而不是图片，请发送 JPEG、PNG、WebP、GIF、AVIF 或 HEIC",
        .pictureBroken: "{format} 图片已损坏或不完整，请重新发送，或先重新保存",
        .pictureUnsupported: "不支持这种 {format} 图片，请先存为普通的 JPEG 或 PNG",
        .pictureSides: "图片的边长为 {count} 像素，最多 {most} 像素，请缩小",
        .picturePixels: "图片有 {count} 像素，最多 {most} 像素，请缩小",
        .pictureFrames: "图片有 {count} 帧，最多 {most} 帧，请缩小",
        .pictureFileTooLarge: "图片文件超过 {most}，请缩小，或存为 JPEG",
        .pictureResultTooLarge: "图片放不进 {most}，请使用较小的图片",
        .pictureNoRoom: "处理图片需要 {size} 内存，服务器没有这么多，请使用较小的图片",
        .picturesPaused: "服务器内存不足，暂不接受图片；请只发文字，或几分钟后再试",
        .picturesBusy: "等待处理的图片太多，请稍后再试",
        .pictureTooSlow: "图片处理超过 {wait}，请使用较小的图片",
        .pictureCancelled: "图片处理已取消",
        .pictureIncomplete: "图片没有完整送达，请重新发送",
        .pictureNotStored: "服务器无法保存图片，请告知管理员",
        .pictureNotConverted: "服务器无法处理图片，请告知管理员",
    ]
}
