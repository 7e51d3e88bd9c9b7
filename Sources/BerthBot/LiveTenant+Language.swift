import BerthStore
package import BerthWork

extension LiveTenant {
    /// The language that the tenant has chosen with `/lang`, or nil if it follows the device.
    package var chosenLanguage: Language? { row.language.map { Language.of(tag: $0) } }

    /// The language in which the bot speaks with the tenant.
    ///
    /// It is the one that the tenant has chosen, else that of the device that it used last, else
    /// English.
    package var language: Language {
        (row.language ?? row.heardLanguage).map { Language.of(tag: $0) } ?? .english
    }
}
