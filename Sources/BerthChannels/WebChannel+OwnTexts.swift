import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthWork

/// A person's instructions and prompts, and the titles and summaries that models write.
extension WebChannel {
    /// The paths of them.
    var ownTextRoutes: [Route] {
        let texts = bot.ownTexts
        return [
            route("GET", "/own") { _, tenant, _ in
                try await WebChannel.paid(OwnTexts.listSize, tenant) {
                    OwnList(try await texts.list(of: tenant), tenant, self.bot.outlineModels)
                }
            },
            route("PATCH", "/own") { request, tenant, _ in
                let (change, _) = try await self.body(OwnChange.self, request, tenant)
                if let text = change.instructions { try await texts.instruct(text, by: tenant) }
                if let isOn = change.outlines {
                    try await self.bot.tenants.setOutlines(isOn, for: tenant)
                }
                return HTTPResponse(status: 204)
            },
            route("PUT", "/prompts/:name") { request, tenant, values in
                let (prompt, _) = try await self.body(Words.self, request, tenant)
                try await texts.keepPrompt(values[0], prompt.text, of: tenant)
                return HTTPResponse(status: 204)
            },
            route("DELETE", "/prompts/:name") { _, tenant, values in
                try await texts.keepPrompt(values[0], "", of: tenant)
                return HTTPResponse(status: 204)
            },
            route("GET", "/sessions/:id/instructions") { _, tenant, values in
                try await WebChannel.paid(OwnTexts.longestInstructions, tenant) {
                    Words(text: try await texts.instructions(in: values[0], of: tenant))
                }
            },
            route("PUT", "/sessions/:id/instructions") { request, tenant, values in
                let (words, _) = try await self.body(Words.self, request, tenant)
                try await texts.instruct(words.text, in: values[0], by: tenant)
                return HTTPResponse(status: 204)
            },
        ]
    }

    private struct OwnList: Encodable, Sendable {
        let instructions: String
        let prompts: [Prompt]
        /// Whether models write titles and summaries for the person.
        let outlines: Bool
        /// The models that do, by the kind of text; none if the operator has chosen none.
        let models: [String: String]

        struct Prompt: Encodable, Sendable {
            let name: String
            let text: String
        }

        @Loop init(_ texts: [OwnText], _ tenant: LiveTenant, _ models: [String: String]) {
            instructions = texts.first { $0.name.isEmpty }?.text ?? ""
            prompts = texts.filter { !$0.name.isEmpty }.map { Prompt(name: $0.name, text: $0.text) }
            outlines = tenant.row.hasOutlines
            self.models = models
        }
    }

    private struct OwnChange: Decodable, Sendable {
        var instructions: String?
        var outlines: Bool?
    }

    private struct Words: Codable, Sendable {
        let text: String
    }
}
