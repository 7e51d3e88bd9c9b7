/// The service's rejection of a persona's credentials.
package struct SignInError: Error, CustomStringConvertible {
    package let description: String
}
