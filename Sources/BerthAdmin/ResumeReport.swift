/// The outcome of `berth queue resume`.
package struct ResumeReport: Codable, Sendable {
    /// The provider, or the model as `provider/model`.
    package let name: String
    /// The number of open breakers and pauses that were lifted, those of single tenants included.
    package let resumed: Int
}
