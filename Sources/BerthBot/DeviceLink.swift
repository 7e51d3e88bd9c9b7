package import BerthLoop

/// The way in for a further device of a person, which works once.
package struct DeviceLink: Sendable {
    /// The code to type, as it is shown: `7K2MP-X4QRD`.
    package let code: String
    /// The login link with the same code.
    package let url: String
    /// The code is refused from then on.
    package let expires: Timestamp
}
