/// The name of a piece of work on the loop, for the report about a turn that takes too long.
package struct WorkLabel: Sendable {
    /// The work, such as the path of a request.
    ///
    /// It contains no text of a user.
    package let work: String
    /// The name of the tenant whose work it is, or nil if it is nobody's.
    package let tenant: String?
    /// The id of the HTTP request, or nil if the work belongs to none.
    package let request: String?

    /// Makes a name.
    package init(_ work: String, tenant: String? = nil, request: String? = nil) {
        self.work = work
        self.tenant = tenant
        self.request = request
    }
}
