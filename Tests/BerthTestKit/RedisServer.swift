package import BerthLoop
import CLinux
import Glibc

/// Debian's redis-server as a process of its own, on a Unix socket in a temporary folder.
///
/// It ends with the test process, even if that crashes.
@Loop package final class RedisServer {
    /// The socket's path.
    package let path: String
    /// The TCP port of 127.0.0.1, or 0 if it has none.
    package let port: Int
    private let process: pid_t
    private let output: Int32
    private var watch: Watch?
    private var text: [UInt8] = []
    private var isAtEnd = false
    private let news = Wakeup()

    /// The server did not start, or not in time.
    package struct DidNotStart: Error {
        /// The server's log.
        package let output: String
    }

    /// Starts a server and returns when it takes connections.
    ///
    /// - Parameters:
    ///   - folder: the folder of the socket, which the caller keeps alive.
    ///   - configuration: the path of a file of settings, which the other parameters override.
    ///   - hasPort: whether it also listens on a free TCP port.
    ///   - options: more options of the server, such as `["--maxmemory", "2mb"]`.
    /// - Returns: the running server.
    /// - Throws: ``DidNotStart``, `SystemError`.
    package static func start(
        in folder: TemporaryFolder,
        configuration: String? = nil,
        hasPort: Bool = false,
        options: [String] = []
    ) async throws -> RedisServer {
        while true {
            let port = hasPort ? try SilentPort().number : 0
            let server = try RedisServer(folder, configuration, port: port, options)
            do {
                try await server.wait(for: "eady to accept connections at \(server.path)")
                return server
            } catch let error as DidNotStart {
                // Another process may take the port before the server does.
                guard hasPort, error.output.contains("already in use") else { throw error }
            }
        }
    }

    private init(
        _ folder: TemporaryFolder,
        _ configuration: String?,
        port: Int,
        _ options: [String]
    ) throws {
        self.port = port
        path = folder.path(of: "redis.sock")
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe") }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        output = ends[0]
        let program = ["setpriv", "--pdeathsig", "KILL", "redis-server"]
        let settings = [
            "--port", "\(port)", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir",
            folder.path, "--bind", "127.0.0.1",
        ]
        process = try RedisServer.spawn(
            program + (configuration.map { [$0] } ?? []) + settings + options,
            output: ends[1]
        )
        Glibc.close(ends[1])
        watch = try Watch(output, for: .readable) { [weak self] _ in self?.read() }
    }

    private static func spawn(_ command: [String], output: Int32) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            unsafe posix_spawn_file_actions_adddup2(&actions, output, descriptor)
        }
        // Sockets of curl would stay open in the server, and their peers would wait for their end.
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        var process = pid_t()
        let code = unsafe posix_spawnp(
            &process,
            "setpriv",
            &actions,
            nil,
            &arguments,
            environ
        )
        guard code == 0 else { throw SystemError("posix_spawnp(setpriv)", code: code) }
        return process
    }

    deinit {
        Glibc.close(output)
        if !isAtEnd {
            Glibc.kill(process, SIGKILL)
            _ = waitpid(process, nil, 0)
        }
    }

    /// Kills the server, as a crash would, and waits until it has ended.
    package func kill() async throws {
        Glibc.kill(process, SIGKILL)
        while !isAtEnd { try await patiently { try await self.news.wait() } }
        _ = waitpid(process, nil, 0)
    }

    /// Suspends the server, which then keeps its connections and answers nothing.
    package func freeze() { Glibc.kill(process, SIGSTOP) }

    /// Resumes the server after ``freeze()``.
    package func thaw() { Glibc.kill(process, SIGCONT) }

    /// Sends one command of words without spaces over a connection of its own.
    ///
    /// - Returns: the first line of the answer, such as `+OK`.
    package func ask(_ command: String) async throws -> String {
        let client = try RawClient(path: path)
        defer { client.close() }
        try await client.send(command + "\r\n")
        return String(try await client.read(until: "\r\n").dropLast(1))
    }

    // MARK: Its log

    private func wait(for words: String) async throws {
        let wanted = Array(words.utf8)
        while text.firstRange(of: wanted) == nil {
            guard !isAtEnd else { throw DidNotStart(output: String(decoding: text, as: UTF8.self)) }
            try await patiently { try await self.news.wait() }
        }
    }

    private func patiently(_ wait: () async throws -> Void) async throws {
        var isLate = false
        let patience = Patience { [news] in
            isLate = true
            news.signal()
        }
        defer { patience.end() }
        try await wait()
        if isLate { throw DidNotStart(output: String(decoding: text, as: UTF8.self)) }
    }

    private func read() {
        var piece = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(output, &piece, piece.count)
        if count > 0 {
            text += piece[..<count]
            if text.count > 64 << 10 { text.removeFirst(text.count - 32 << 10) }
        } else if count == 0 {
            isAtEnd = true
            watch?.cancel()
            watch = nil
        }
        news.signal()
    }
}
