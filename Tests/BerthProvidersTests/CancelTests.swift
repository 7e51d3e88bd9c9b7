import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTestKit
import Testing

/// Cancellation of a call, which must end the transfer at the provider too.
@Suite(.loop, .timeLimit(.minutes(20))) struct CancelTests {
    /// Signals when the fake has received a request and when it has seen the client disconnect.
    @Loop final class Witness {
        let asked = Wakeup()
        let left = Wakeup()

        nonisolated init() {}

        func watch(_ fake: @escaping HTTPHandler) -> HTTPHandler {
            { request in
                self.asked.signal()
                EventLoop.shared.spawn {
                    await request.clientGone()
                    self.left.signal()
                }
                return await fake(request)
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a call that waits for its first byte is ended`(isStream: Bool) async throws {
        let (asker, witness) = (Asker(), Witness())
        try await withFake(clock: ManualClock(), handler: witness.watch) { url, fake in
            let (provider, call) = (try asker.provider(url), try asker.call("silence"))
            var told = Told()
            let pool = TaskPool()
            let task = pool.spawn {
                told =
                    isStream
                    ? await asker.stream(provider, call) : await asker.complete(provider, call)
            }
            try await witness.asked.wait()
            task.cancel()
            try await witness.left.wait()
            await pool.drain()
            _ = await eventually { fake.counts.running == 0 }
            let (error, running, held) = (told.error, fake.counts.running, call.account.held)
            #expect(error == .cancelled)
            #expect(running == 0)
            #expect(held == .zero)
        }
    }

    @Loop @Test func `a task that is cancelled amid a stream ends it`() async throws {
        let (asker, witness, begun) = (Asker(), Witness(), Wakeup())
        let pace = FakeOpenAI.Pace(gap: .seconds(3600), tokens: 3)
        try await withFake(pace: pace, clock: ManualClock(), handler: witness.watch) { url, fake in
            let (provider, call) = (try asker.provider(url), try asker.call())
            var told = Told()
            let pool = TaskPool()
            let task = pool.spawn {
                do throws(ProviderError) {
                    let stream = try await provider.stream(call)
                    while let chunk = try await stream.next() {
                        told.add(chunk)
                        if !chunk.text.isEmpty { begun.signal() }
                    }
                } catch { told.error = error }
            }
            try await begun.wait()
            task.cancel()
            try await witness.left.wait()
            await pool.drain()
            _ = await eventually { fake.counts.running == 0 }
            let running = fake.counts.running
            #expect(told == Told(text: "token1 ", error: .cancelled))
            #expect(running == 0)
        }
    }

    @Loop @Test func `a stream that is cancelled ends at the provider`() async throws {
        let (asker, witness) = (Asker(), Witness())
        let pace = FakeOpenAI.Pace(gap: .seconds(3600), tokens: 3)
        try await withFake(pace: pace, clock: ManualClock(), handler: witness.watch) { url, fake in
            let stream = try await asker.provider(url).stream(try asker.call())
            _ = try await stream.next()
            stream.cancel()
            try await witness.left.wait()
            _ = await eventually { fake.counts.running == 0 }
            let (rest, running, transfers) = (
                try await stream.next() == nil, fake.counts.running, asker.client.transfers
            )
            #expect(rest)
            #expect(running == 0)
            #expect(transfers == 0)
        }
    }

    @Loop @Test func `a client that leaves before the fake's delay is over is counted out`()
        async throws
    {
        let (asker, witness) = (Asker(), Witness())
        let pace = FakeOpenAI.Pace(delay: .seconds(3600))
        try await withFake(pace: pace, clock: ManualClock(), handler: witness.watch) { url, fake in
            let (provider, call) = (try asker.provider(url), try asker.call())
            let pool = TaskPool()
            let task = pool.spawn { _ = await asker.stream(provider, call) }
            try await witness.asked.wait()
            task.cancel()
            try await witness.left.wait()
            await pool.drain()
            _ = await eventually { fake.counts.running == 0 }
            let (running, answered) = (fake.counts.running, fake.counts.answered)
            #expect(running == 0)
            #expect(answered == 0)
        }
    }
}
