/// One server-sent event.
package struct SSEEvent: Equatable, Sendable {
    /// The value of the `event` field, or nil if it was missing or empty.
    package var event: String?
    /// The `data` lines joined by newlines.
    ///
    /// The bytes are not checked to be UTF-8.
    package var data: [UInt8]

    /// Makes an event.
    package init(event: String? = nil, data: [UInt8]) {
        self.event = event
        self.data = data
    }
}
