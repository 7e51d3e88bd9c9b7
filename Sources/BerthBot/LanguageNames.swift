/// The names of a language in the languages that the bot speaks beside English.
struct LanguageNames {
    /// The name in Russian, in small letters.
    let russian: String
    /// The name in Ukrainian, in small letters.
    let ukrainian: String
    /// The name in Chinese.
    let chinese: String

    private init(_ russian: String, _ ukrainian: String, _ chinese: String) {
        (self.russian, self.ukrainian, self.chinese) = (russian, ukrainian, chinese)
    }

    /// The words before a language that belong to its name.
    static let prepositions: Set = ["to", "into", "на"]

    /// The forms of the names that people write after *into* and *in*.
    var words: [String] {
        var words = [russian, ukrainian, chinese]
        if russian.hasSuffix("ий") {
            let stem = russian.dropLast(2)
            words += ["\(stem)ом", "\(stem)ого", "по-\(stem)и"]
        }
        if ukrainian.hasSuffix("а") {
            let stem = ukrainian.dropLast()
            words += ["у", "ою", "ої", "ій"].map { "\(stem)\($0)" }
        }
        // Telephones write another apostrophe.
        words += words.filter { $0.contains("'") }.map { $0.replacing("'", with: "\u{2019}") }
        // A language is named by its speech or by its writing.
        if chinese.hasSuffix("语") { words.append("\(chinese.dropLast())文") }
        return words
    }

    /// The names by the codes of the languages.
    static let all: [String: LanguageNames] = [
        "ar": .init("арабский", "арабська", "阿拉伯语"),
        "bg": .init("болгарский", "болгарська", "保加利亚语"),
        "bn": .init("бенгальский", "бенгальська", "孟加拉语"),
        "ca": .init("каталанский", "каталонська", "加泰罗尼亚语"),
        "cs": .init("чешский", "чеська", "捷克语"),
        "da": .init("датский", "данська", "丹麦语"),
        "de": .init("немецкий", "німецька", "德语"),
        "el": .init("греческий", "грецька", "希腊语"),
        "en": .init("английский", "англійська", "英语"),
        "es": .init("испанский", "іспанська", "西班牙语"),
        "et": .init("эстонский", "естонська", "爱沙尼亚语"),
        "fa": .init("персидский", "перська", "波斯语"),
        "fi": .init("финский", "фінська", "芬兰语"),
        "fr": .init("французский", "французька", "法语"),
        "he": .init("иврит", "іврит", "希伯来语"),
        "hi": .init("хинди", "гінді", "印地语"),
        "hr": .init("хорватский", "хорватська", "克罗地亚语"),
        "hu": .init("венгерский", "угорська", "匈牙利语"),
        "id": .init("индонезийский", "індонезійська", "印尼语"),
        "it": .init("итальянский", "італійська", "意大利语"),
        "ja": .init("японский", "японська", "日语"),
        "ko": .init("корейский", "корейська", "韩语"),
        "lt": .init("литовский", "литовська", "立陶宛语"),
        "lv": .init("латышский", "латиська", "拉脱维亚语"),
        "ms": .init("малайский", "малайська", "马来语"),
        "nl": .init("нидерландский", "нідерландська", "荷兰语"),
        "no": .init("норвежский", "норвезька", "挪威语"),
        "pl": .init("польский", "польська", "波兰语"),
        "pt": .init("португальский", "португальська", "葡萄牙语"),
        "ro": .init("румынский", "румунська", "罗马尼亚语"),
        "ru": .init("русский", "російська", "俄语"),
        "sk": .init("словацкий", "словацька", "斯洛伐克语"),
        "sl": .init("словенский", "словенська", "斯洛文尼亚语"),
        "sr": .init("сербский", "сербська", "塞尔维亚语"),
        "sv": .init("шведский", "шведська", "瑞典语"),
        "sw": .init("суахили", "суахілі", "斯瓦希里语"),
        "ta": .init("тамильский", "тамільська", "泰米尔语"),
        "th": .init("тайский", "тайська", "泰语"),
        "tr": .init("турецкий", "турецька", "土耳其语"),
        "uk": .init("украинский", "українська", "乌克兰语"),
        "ur": .init("урду", "урду", "乌尔都语"),
        "vi": .init("вьетнамский", "в'єтнамська", "越南语"),
        "zh": .init("китайский", "китайська", "汉语"),
    ]
}
