extension ChatMember {
    /// Every known member of a chat request, by the vendor who documents it first.
    static let all: [RequestMember] = own + passed + costly + rerouting

    /// Members that Berth sets, or charges by their size.
    private static let own =
        [
            "model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "user",
            "safety_identifier",
        ].map { RequestMember($0, .set, .openAI) }
        + ["messages", "n", "tools", "functions", "response_format"].map {
            RequestMember($0, .priced, .openAI)
        }
        + [RequestMember("documents", .priced, .groq)]

    /// Members that change the text of an answer alone.
    private static let passed = [
        RequestMember.Source.openAI: """
        temperature top_p frequency_penalty presence_penalty logit_bias logprobs top_logprobs seed \
        stop tool_choice parallel_tool_calls function_call reasoning_effort verbosity metadata \
        prompt_cache_key
        """,
        .azure: "user_security_context",
        .deepSeek: "thinking",
        .openRouter: """
        top_k min_p top_a repetition_penalty reasoning include_reasoning structured_outputs usage \
        session_id
        """,
        .mistral: "random_seed safe_prompt prompt_mode document_image_limit document_page_limit",
        .groq: """
        reasoning_format citation_options disable_tool_validation include_domains exclude_domains
        """,
        .together: "echo context_length_exceeded_behavior compliance chat_template_kwargs",
        .fireworks: """
        prompt_truncate_len raw_output perf_metrics_in_response typical_p mirostat_target \
        mirostat_lr prompt_cache_isolation_key
        """,
        .google: "safety_settings",
        .perplexity: """
        search_mode search_domain_filter search_recency_filter search_language_filter \
        search_after_date_filter search_before_date_filter last_updated_after_filter \
        last_updated_before_filter return_images return_related_questions disable_search \
        enable_search_classifier language_preference image_domain_filter image_format_filter
        """,
        .alibaba: "enable_thinking thinking_budget vl_high_resolution_images",
        .vLLM: """
        use_beam_search length_penalty stop_token_ids include_stop_str_in_output ignore_eos \
        min_tokens skip_special_tokens spaces_between_special_tokens truncate_prompt_tokens \
        prompt_logprobs allowed_token_ids bad_words add_generation_prompt continue_final_message \
        add_special_tokens chat_template mm_processor_kwargs guided_json guided_regex \
        guided_choice guided_grammar guided_decoding_backend guided_whitespace_pattern \
        request_id return_tokens_as_token_ids return_token_ids cache_salt
        """,
        .sgLang: "regex ebnf separate_reasoning stream_reasoning no_stop_trim",
        .llamaCpp: """
        cache_prompt grammar json_schema samplers mirostat mirostat_tau mirostat_eta \
        dynatemp_range dynatemp_exponent repeat_penalty repeat_last_n xtc_probability \
        xtc_threshold dry_multiplier dry_base dry_allowed_length dry_penalty_last_n \
        dry_sequence_breakers t_max_predict_ms n_keep n_discard n_indent min_keep n_probs \
        post_sampling_probs return_tokens timings_per_token response_fields parse_tool_calls \
        thinking_forced_open return_progress
        """,
        .ollama: "keep_alive think format",
        .lmStudio: "ttl",
    ].flatMap { source, names in
        names.split(separator: " ").map { RequestMember(String($0), .passed, source) }
    }

    /// Members that change what an answer costs.
    private static let costly = [
        row(
            "service_tier",
            .openAI,
            harmless: ["auto", "default", "standard", "standard_only", "on_demand"].map {
                "\"\($0)\""
            }
        ),
        row("modalities", .openAI, harmless: [#"["text"]"#]),
        row("audio", .openAI),
        row("prediction", .openAI),
        row("web_search_options", .openAI),
        row("background", .openAI, harmless: ["false"]),
        row("prompt", .openAI),
        row("previous_response_id", .openAI),
        row("conversation", .openAI),
        row("speed", .anthropic, harmless: [#""standard""#]),
        row("inference_geo", .anthropic, harmless: [#""global""#]),
        row("betas", .anthropic, harmless: ["[]"]),
        row("container", .anthropic),
        row("mcp_servers", .anthropic, harmless: ["[]"]),
        row("plugins", .openRouter, harmless: ["[]"]),
        cacheControl,
        row("image_config", .openRouter),
        row("guardrails", .mistral, harmless: ["[]"]),
        row("search_parameters", .xAI, harmless: [#"{"mode":"off"}"#]),
        row("deferred", .xAI, harmless: ["false"]),
        row("search_settings", .groq),
        row("compound_custom", .groq),
        row("speculation", .fireworks),
        row("best_of", .vLLM, harmless: ["1"]),
        row("cached_content", .google),
        row("generation_config", .google),
        row("enable_search", .alibaba, harmless: ["false"]),
        row("search_options", .alibaba),
        row("enable_code_interpreter", .alibaba, harmless: ["false"]),
        row("num_retries", .liteLLM, harmless: ["0"]),
        row("max_retries", .liteLLM, harmless: ["0"]),
        row("options", .ollama, harmless: ["{}"]),
        // Second names of the output limit, which some servers prefer to `max_tokens`.
        row("max_output_tokens", .google),
        row("max_new_tokens", .sgLang),
        row("n_predict", .llamaCpp),
        row("n_cmpl", .llamaCpp),
        row("num_predict", .ollama),
        row("num_ctx", .ollama),
    ]

    /// Members that change who answers, or where a request goes or is kept.
    private static let rerouting =
        [
            row("models", .answerer, .openRouter, harmless: ["[]"]),
            row("route", .answerer, .openRouter),
            row("provider", .answerer, .openRouter, harmless: ["{}"]),
            row("transforms", .answerer, .openRouter, harmless: ["[]"]),
            row("preset", .answerer, .openRouter),
            row("safety_model", .answerer, .together),
            row("providerOptions", .answerer, .vercel, harmless: ["{}"]),
            row("fallbacks", .answerer, .liteLLM, harmless: ["[]"]),
            row("context_window_fallbacks", .answerer, .liteLLM, harmless: ["[]"]),
            row("content_policy_fallbacks", .answerer, .liteLLM, harmless: ["[]"]),
            row("model_list", .answerer, .liteLLM, harmless: ["[]"]),
            row("custom_llm_provider", .answerer, .liteLLM),
            row("deployment_id", .answerer, .liteLLM),
            row("engine", .answerer, .azure),
            row("tags", .answerer, .liteLLM, harmless: ["[]"]),
            row("mock_response", .answerer, .liteLLM),
            row("priority", .answerer, .vLLM, harmless: ["0"]),
            row("lora_request", .answerer, .vLLM),
            row("logits_processors", .answerer, .vLLM, harmless: ["[]"]),
            row("lora_path", .answerer, .sgLang),
            row("lora", .answerer, .llamaCpp, harmless: ["[]"]),
            row("id_slot", .answerer, .llamaCpp, harmless: ["-1"]),
            row("draft_model", .answerer, .lmStudio),
        ]
        + [
            row("store", .place, .openAI, harmless: ["false"]),
            row(
                "prompt_cache_retention",
                .place,
                .openAI,
                harmless: [#""in_memory""#, #""in-memory""#]
            ),
            row("data_sources", .place, .azure, harmless: ["[]"]),
            row("trace", .place, .openRouter),
            row("debug", .place, .openRouter, harmless: ["{}"]),
            row("extra_body", .place, .google, harmless: ["{}"]),
            row("google", .place, .google),
            row("extra_headers", .place, .liteLLM, harmless: ["{}"]),
            row("extra_query", .place, .liteLLM, harmless: ["{}"]),
            row("api_base", .place, .liteLLM),
            row("base_url", .place, .liteLLM),
            row("api_key", .place, .liteLLM),
            row("kv_transfer_params", .place, .vLLM),
            row("bootstrap_host", .place, .sgLang),
            row("bootstrap_port", .place, .sgLang),
            row("bootstrap_room", .place, .sgLang),
        ]
}
