import BerthAdmin
import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthService
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork
import Glibc

extension Doctor {
    // MARK: Addresses

    /// Requests the list of models, which is free and needs the key, and looks up the configured
    /// ones.
    ///
    /// If there is no list, other addresses of the same server are tried.
    static func reach(
        _ provider: Configuration.Provider,
        _ configuration: Configuration,
        _ client: HTTPClient
    ) async -> Finding {
        let check = "provider \(provider.name)"
        let list = await ModelList.fetch(of: provider, client, by: SystemClock())
        if let fault = await ProviderAddress.fault(
            of: provider,
            list,
            client,
            by: SystemClock()
        ) {
            return Finding(check: check, ok: false, says: fault)
        }
        switch list {
        case .models(let names):
            let missing = configuration.models(of: provider.name)
                .filter { !ModelList.has($0, in: names) }
                .map { "it does not list '\($0)': \(ModelList.advice(for: $0, in: names))" }
            return Finding(
                check: check,
                ok: missing.isEmpty,
                says: (["answers"] + missing).joined(separator: "; ")
            )
        case .none: return Finding(check: check, ok: true, says: "answers, but lists no models")
        case .page(let title):
            return Finding(
                check: check,
                ok: false,
                says: "a web page answers ('\(title)'): check its base_url, which ends in /v1 "
                    + "at most servers"
            )
        case .refused(let status):
            return Finding(
                check: check,
                ok: false,
                says: "answers with status \(status): check its api_key"
            )
        case .unreachable(let reason): return Finding(check: check, ok: false, says: reason)
        }
    }

    // MARK: Quirks

    /// The parts of requests that the configuration leaves out, and those that the service has
    /// learnt to leave out.
    static func quirks(_ configuration: Configuration) async -> [Finding] {
        let configured = configuration.providers.filter { !$0.quirks.isEmpty }.map { provider in
            Finding(
                check: "quirks \(provider.name)",
                ok: true,
                says: "configured: \(provider.quirks)"
            )
        }
        let file = DataFolder.database(in: configuration.data)
        guard unsafe access(file, F_OK) == 0,
            let bytes = try? await Database.kept(.quirks, in: file),
            let entries = try? JSON.decode([QuirkBook.Entry].self, from: bytes)
        else { return configured }
        let now = SystemClock().timestamp
        let learnt = entries.compactMap { entry -> Finding? in
            guard let provider = configuration.provider(named: entry.provider),
                entry.isInForce(at: QuirkBook.server(provider), now: now)
            else { return nil }
            return Finding(
                check: "quirks \(entry.provider)/\(entry.model)",
                ok: true,
                says: "learnt \(entry.since): \(entry.quirks)"
            )
        }
        return configured + learnt
    }

    // MARK: Questions

    private struct Trials: Decodable { let trials: [ModelTrial] }

    /// Asks every chat model a tiny question: by the service, or by one of its own if none runs.
    static func ask(_ configuration: Configuration, isRunning: Bool) async -> [Finding] {
        do {
            let trials: [ModelTrial]
            if isRunning {
                let client = AdminClient(socket: AdminClient.socket(in: configuration.data))
                let json = try await client.ask("POST", "/admin/models/try")
                trials = try JSON.decode(Trials.self, from: json).trials
            } else {
                trials = try await tryModels(configuration)
            }
            return trials.map { trial in
                let cost = Money(micros: trial.micros)
                return Finding(
                    check: "ask \(trial.model)",
                    ok: trial.ok,
                    says: trial.says + (trial.ok ? ", for \(cost) dollars" : "")
                )
            }
        } catch { return [Finding(check: "ask", ok: false, says: "\(error)")] }
    }

    /// Asks with a service that serves nobody and leaves accepted turns as they are.
    private static func tryModels(_ configuration: Configuration) async throws -> [ModelTrial] {
        var configuration = configuration
        configuration.listen(on: HostPort(host: "127.0.0.1", port: 0))
        var tuning = ServiceTuning()
        tuning.work.resumesTurns = false
        let edges = Edges.machine(log: .silent, agent: "berth")
        let service = try await Composition.make(configuration, edges, tuning: tuning)
        do {
            let trials = try await service.bot.tryModels()
            await service.finish()
            return trials
        } catch {
            await service.finish()
            throw error
        }
    }
}

extension Configuration {
    /// The configured models of a provider.
    fileprivate func models(of provider: String) -> [String] {
        chatModels.filter { $0.provider == provider }.map(\.model)
            + imageModels.filter { $0.provider == provider }.map(\.model)
            + speechModels.filter { $0.provider == provider }.map(\.model)
            + embeddingModels.filter { $0.provider == provider }.map(\.model)
    }
}
