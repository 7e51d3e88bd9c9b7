/// The time after which a client gets the header of an answer that has not begun, because proxies
/// give up on a silent connection.
enum AnswerPatience {
    /// Of a streaming client, which gets comments then.
    static let stream = Duration.seconds(10)
    /// Of a client that waits for pictures, which gets white space then.
    ///
    /// An error after it has no status of its own, so the wait is as long as proxies allow. Source:
    /// <https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout>, 60 s.
    static let pictures = Duration.seconds(45)
}
