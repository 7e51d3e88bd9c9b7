/// The secrets with which a persona signs in.
package struct PersonaCredentials: Sendable {
    /// An API key.
    package let key: String
    /// The token of an unused login link.
    package let token: String

    /// Makes credentials.
    package init(key: String, token: String) {
        self.key = key
        self.token = token
    }
}
