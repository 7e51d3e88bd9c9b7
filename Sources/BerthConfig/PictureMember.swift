/// The members of a request for pictures, as JSON or as fields of a form.
///
/// A model of `models.image` has one price for all its pictures, so a member that makes a picture
/// dearer is refused unless the operator permits it.
package enum PictureMember: MemberRows {
    /// All known members.
    package static let table = MemberTable(all)

    /// The names that `models.image[].pass` may list.
    package static let permittable = all.filter { $0.isRefused }.map(\.name)

    /// Every known member, by the vendor who documents it first.
    static let all: [RequestMember] = own + passed + refused

    /// Members that Berth reads itself.
    private static let own =
        ["model", "prompt", "n", "size", "response_format", "user"].map {
            RequestMember($0, .set, .openAIPictures)
        }
        + ["image", "mask"].map { RequestMember($0, .set, .openAIEdits) }
        + [RequestMember("seed", .set, .togetherPictures)]

    /// Members that change the picture alone.
    private static let passed = [
        RequestMember.Source.openAIPictures: """
        background moderation output_compression output_format style
        """,
        .togetherPictures: "guidance_scale negative_prompt disable_safety_checker",
        .xAIPictures: "aspect_ratio",
        .fal: "enable_safety_checker strength",
    ].flatMap { source, names in
        names.split(separator: " ").map { RequestMember(String($0), .passed, source) }
    }

    private static let refused: [RequestMember] = [
        row(
            "quality",
            .cost,
            .openAIPictures,
            harmless: ["auto", "standard", "low", "medium"].map { "\"\($0)\"" }
        ),
        row("partial_images", .cost, .openAIPictures, harmless: ["0"]),
        row("stream", .form, .openAIPictures, harmless: ["false"]),
        row("input_fidelity", .cost, .openAIEdits, harmless: [#""low""#]),
        row("steps", .cost, .togetherPictures),
        row("width", .cost, .togetherPictures),
        row("height", .cost, .togetherPictures),
        row("image_url", .place, .togetherPictures),
        row("reference_images", .place, .togetherPictures, harmless: ["[]"]),
        row("image_loras", .answerer, .togetherPictures, harmless: ["[]"]),
        row("resolution", .cost, .xAIPictures, harmless: [#""1k""#]),
        row("images", .place, .xAIPictures, harmless: ["[]"]),
        row("num_images", .cost, .fal, harmless: ["1"]),
        row("num_inference_steps", .cost, .fal),
        row("image_size", .cost, .fal),
        row("acceleration", .cost, .fal, harmless: [#""none""#]),
        row("sync_mode", .form, .fal, harmless: ["false"]),
        row("image_urls", .place, .fal, harmless: ["[]"]),
        row("mask_url", .place, .fal),
        row("loras", .answerer, .fal, harmless: ["[]"]),
        row("fallbacks", .answerer, .liteLLMPictures, harmless: ["[]"]),
        row("custom_llm_provider", .answerer, .liteLLMPictures),
        row("mock_response", .answerer, .liteLLMPictures),
        row("api_base", .place, .liteLLMPictures),
        row("base_url", .place, .liteLLMPictures),
        row("api_key", .place, .liteLLMPictures),
        row("extra_body", .place, .liteLLMPictures, harmless: ["{}"]),
        row("extra_headers", .place, .liteLLMPictures, harmless: ["{}"]),
        row("extra_query", .place, .liteLLMPictures, harmless: ["{}"]),
    ]
}
