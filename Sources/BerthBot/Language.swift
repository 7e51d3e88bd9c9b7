/// A language that a text can be translated into, and that users may read.
package struct Language: Equatable, Sendable {
    /// The ISO 639-1 code, in small letters.
    package let code: String
    /// The English name, which prompts use.
    let name: String
    /// The language's own name.
    let own: String

    /// The language that is used if none is named.
    package static let english = Language(code: "en", name: "English", own: "English")
    static let russian = Language(code: "ru", name: "Russian", own: "Русский")
    static let ukrainian = Language(code: "uk", name: "Ukrainian", own: "Українська")
    static let chinese = Language(code: "zh", name: "Chinese", own: "中文")

    private init(code: String, name: String, own: String) {
        self.code = code
        self.name = name
        self.own = own
    }

    /// Finds a language by its code or by its name in itself or in a language that the bot speaks,
    /// or returns nil.
    ///
    /// A code must be all small or all capital letters, because `It` and `No` begin sentences.
    ///
    /// - Parameter word: one word, whose colon at the end is ignored.
    init?(_ word: some StringProtocol) {
        let word = String(word.last == ":" ? word.dropLast() : word[...])
        let small = word.lowercased()
        let isCode = word == small || word == word.uppercased()
        let byCode = isCode ? Language.all.first { $0.code == small } : nil
        guard let found = byCode ?? Language.named[small] else { return nil }
        self = found
    }

    /// The languages by their names in small letters.
    private static let named: [String: Language] = {
        var named: [String: Language] = [:]
        for language in all {
            for name in [language.name.lowercased(), language.own.lowercased()] {
                named[name] = language
            }
            for name in LanguageNames.all[language.code]?.words ?? [] { named[name] = language }
        }
        return named
    }()

    /// The longest word that may name a language, in scalars.
    static let longest = 32

    /// The most used languages, by the number of speakers and of web pages.
    static let all: [Language] = [
        english,
        Language(code: "ar", name: "Arabic", own: "العربية"),
        Language(code: "bg", name: "Bulgarian", own: "Български"),
        Language(code: "bn", name: "Bengali", own: "বাংলা"),
        Language(code: "ca", name: "Catalan", own: "Català"),
        Language(code: "cs", name: "Czech", own: "Čeština"),
        Language(code: "da", name: "Danish", own: "Dansk"),
        Language(code: "de", name: "German", own: "Deutsch"),
        Language(code: "el", name: "Greek", own: "Ελληνικά"),
        Language(code: "es", name: "Spanish", own: "Español"),
        Language(code: "et", name: "Estonian", own: "Eesti"),
        Language(code: "fa", name: "Persian", own: "فارسی"),
        Language(code: "fi", name: "Finnish", own: "Suomi"),
        Language(code: "fr", name: "French", own: "Français"),
        Language(code: "he", name: "Hebrew", own: "עברית"),
        Language(code: "hi", name: "Hindi", own: "हिन्दी"),
        Language(code: "hr", name: "Croatian", own: "Hrvatski"),
        Language(code: "hu", name: "Hungarian", own: "Magyar"),
        Language(code: "id", name: "Indonesian", own: "Indonesia"),
        Language(code: "it", name: "Italian", own: "Italiano"),
        Language(code: "ja", name: "Japanese", own: "日本語"),
        Language(code: "ko", name: "Korean", own: "한국어"),
        Language(code: "lt", name: "Lithuanian", own: "Lietuvių"),
        Language(code: "lv", name: "Latvian", own: "Latviešu"),
        Language(code: "ms", name: "Malay", own: "Melayu"),
        Language(code: "nl", name: "Dutch", own: "Nederlands"),
        Language(code: "no", name: "Norwegian", own: "Norsk"),
        Language(code: "pl", name: "Polish", own: "Polski"),
        Language(code: "pt", name: "Portuguese", own: "Português"),
        Language(code: "ro", name: "Romanian", own: "Română"),
        russian,
        Language(code: "sk", name: "Slovak", own: "Slovenčina"),
        Language(code: "sl", name: "Slovene", own: "Slovenščina"),
        Language(code: "sr", name: "Serbian", own: "Српски"),
        Language(code: "sv", name: "Swedish", own: "Svenska"),
        Language(code: "sw", name: "Swahili", own: "Kiswahili"),
        Language(code: "ta", name: "Tamil", own: "தமிழ்"),
        Language(code: "th", name: "Thai", own: "ไทย"),
        Language(code: "tr", name: "Turkish", own: "Türkçe"),
        ukrainian,
        Language(code: "ur", name: "Urdu", own: "اردو"),
        Language(code: "vi", name: "Vietnamese", own: "Việt"),
        chinese,
    ]
}
