extension [UInt8] {
    /// Reads base64 or base64url, with or without padding.
    ///
    /// - Returns: nil for a text that is neither.
    package init?(base64 text: String) {
        self = []
        var decoder = Base64Decoder()
        do throws(Base64Decoder.Malformed) {
            try decoder.feed(text.utf8, onto: &self)
            try decoder.finish(onto: &self)
        } catch { return nil }
    }
}
