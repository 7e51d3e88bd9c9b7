import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthTestKit
import Glibc
import Testing

@Suite(.loop) struct HTTPServerAddressTests {
    private static func path() -> String { "/tmp/berth-test-\(UInt64.random(in: 0 ... .max)).sock" }

    @Loop @Test func `a Unix socket is its owner's and names its peer`() async throws {
        let path = Self.path()
        let handler: HTTPHandler = { .text("\($0.peer)") }
        try await withServer(at: .unix(path: path), handler: handler) { server in
            var status = stat()
            #expect(unsafe lstat(path, &status) == 0)
            #expect(status.st_mode == S_IFSOCK | 0o600)
            let client = try RawClient(path: path)
            #expect(try await client.ask(get()).text == "local(uid: \(getuid()), pid: \(getpid()))")
            #expect(server.port == 0)
        }
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Loop @Test func `two servers live in one process`() async throws {
        let path = Self.path()
        try await withServer(handler: hello) { first in
            try await withServer(at: .unix(path: path), handler: echo) { _ in
                let network = try RawClient(port: first.port)
                let local = try RawClient(path: path)
                #expect(try await network.ask(get()).text == "hello")
                #expect(try await local.ask(post("abc")).text == "abc")
            }
        }
    }

    @Loop @Test func `IPv6 is served where the machine has it`() async throws {
        let probe = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard probe >= 0 else { return }
        close(probe)
        let handler: HTTPHandler = { .text("\($0.peer)") }
        try await withServer(at: .tcp(host: "::", port: 0), handler: handler) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get()).text == "network(address: \"127.0.0.1\")")
        }
    }

    @Loop @Test func `a dead server's socket is replaced, a living one's is not`() throws {
        let path = Self.path()
        func listen() throws(HTTPServerError) -> HTTPServer {
            try HTTPServer(
                listen: .unix(path: path),
                in: .quiet()
            )
        }
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafePointer(to: name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(dead, $0, size)
            }
        }
        #expect(code == 0)
        close(dead)
        let server = try listen()
        #expect(throws: HTTPServerError.addressInUse(.unix(path: path))) { _ = try listen() }
        #expect(server.port == 0)
    }

    @Loop @Test func `an address that cannot be used is named`() throws {
        let taken = try HTTPServer(
            listen: .tcp(host: "localhost", port: 0),
            in: .quiet()
        )
        let long = "/tmp/" + String(repeating: "a", count: 103)
        let file = Self.path()
        let descriptor = unsafe open(file, O_CREAT | O_WRONLY, 0o600)
        close(descriptor)
        defer { unsafe unlink(file) }
        let cases: [(ListenAddress, String)] = [
            (
                .tcp(host: "127.0.0.1", port: taken.port),
                "program listens on 127.0.0.1:\(taken.port)"
            ),
            (.tcp(host: "example.org", port: 1), "give an IP address"),
            (.tcp(host: "127.0.0.1", port: 65536), "a port from 0 to 65535"),
            (.unix(path: long), "has 108 bytes and Linux allows 107"),
            (.unix(path: file), "is not a socket"), (.unix(path: "/nowhere/x"), "No such file"),
        ]
        for (address, words) in cases {
            let error = #expect(throws: HTTPServerError.self) {
                _ = try HTTPServer(
                    listen: address,
                    in: .quiet()
                )
            }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "none")")
        }
    }
}
