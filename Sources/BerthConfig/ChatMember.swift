/// The members of a chat-completions request.
package enum ChatMember: MemberRows {
    /// All known members.
    package static let table = MemberTable(all)

    /// The names that `models.chat[].pass` may list.
    package static let permittable =
        all.filter { $0.isRefused }.map(\.name) + [providerTools.name]

    /// Entries of `tools` that run at the provider, such as a web search, and bill by themselves.
    ///
    /// The entries of functions, which the client runs, are only text.
    package static let providerTools = RequestMember("tools", .refused(.cost), .openAI)

    /// A mark in a message or a tool up to which the vendor keeps the prompt, which costs more than
    /// input tokens.
    package static let cacheControl = RequestMember("cache_control", .refused(.cost), .openRouter)
}
