/// The members of a request for embeddings.
package enum EmbeddingMember: MemberRows {
    /// All known members.
    package static let table = MemberTable(all)

    /// The names that `models.embeddings[].pass` may list.
    package static let permittable = all.filter { $0.isRefused }.map(\.name)

    /// Every known member, by the vendor who documents it first.
    static let all: [RequestMember] = own + passed + refused

    /// Members that Berth sets, or charges by their size.
    private static let own =
        ["model", "user"].map { RequestMember($0, .set, .openAIEmbeddings) }
        + [RequestMember("input", .priced, .openAIEmbeddings)]

    /// Members that change the vectors alone.
    private static let passed = [
        RequestMember.Source.openAIEmbeddings: "encoding_format dimensions",
        .mistralEmbeddings: "metadata output_dimension output_dtype",
        .voyage: "input_type truncation",
        .jina: "task late_chunking embedding_type normalized",
        .nvidia: "truncate modality",
        .vLLM: """
        truncate_prompt_tokens add_special_tokens additional_data use_activation normalize \
        request_id cache_salt
        """,
        .ollama: "keep_alive",
        .lmStudio: "ttl",
    ].flatMap { source, names in
        names.split(separator: " ").map { RequestMember(String($0), .passed, source) }
    }

    private static let refused: [RequestMember] = [
        row("service_tier", .cost, .groq, harmless: [#""auto""#, #""default""#]),
        row("priority", .answerer, .vLLM, harmless: ["0"]),
        row("lora", .answerer, .llamaCpp, harmless: ["[]"]),
        row("provider", .answerer, .openRouter, harmless: ["{}"]),
        row("models", .answerer, .openRouter, harmless: ["[]"]),
        row("fallbacks", .answerer, .liteLLMEmbeddings, harmless: ["[]"]),
        row("custom_llm_provider", .answerer, .liteLLMEmbeddings),
        row("mock_response", .answerer, .liteLLMEmbeddings),
        row("num_retries", .cost, .liteLLMEmbeddings, harmless: ["0"]),
        row("max_retries", .cost, .liteLLMEmbeddings, harmless: ["0"]),
        row("options", .cost, .ollama, harmless: ["{}"]),
        row("api_base", .place, .liteLLMEmbeddings),
        row("base_url", .place, .liteLLMEmbeddings),
        row("api_key", .place, .liteLLMEmbeddings),
        row("extra_body", .place, .liteLLMEmbeddings, harmless: ["{}"]),
        row("extra_headers", .place, .liteLLMEmbeddings, harmless: ["{}"]),
        row("extra_query", .place, .liteLLMEmbeddings, harmless: ["{}"]),
    ]
}
