// swift-tools-version: 6.2
import PackageDescription

/// The one list of settings: every Swift target uses it (see CONTRIBUTING.md).
let strict: [SwiftSetting] =
    [.strictMemorySafety(), .treatAllWarnings(as: .error)]
    + [
        "ExistentialAny", "MemberImportVisibility", "InternalImportsByDefault",
        "NonisolatedNonsendingByDefault",
    ].map { SwiftSetting.enableUpcomingFeature($0) }
    // A section for each function, so that the linker drops those that nothing uses.
    + [.unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release))]

/// A face of one of Debian's C libraries: a module map and a shim, in `Sources/<name>`.
func face(_ name: String) -> Target { .systemLibrary(name: name, path: "Sources/\(name)") }

/// The settings of code that runs seldom: its release is built for size, because every page of code
/// that is touched counts as resident.
let seldom = strict + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// The linker's settings for the program.
///
/// Relocations are read at the start and stay resident, so those of pointers are packed, which glibc
/// reads since 2.36. Only functions that something uses are kept: the static Swift runtime asks for
/// every symbol to be exported. The toolchain's own linker can also put functions into an order
/// (`scripts/build`).
let packed: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
            "-Xlinker", "--no-export-dynamic",
        ],
        .when(configuration: .release)
    )
]

/// A module of the house; `uses` may only name modules above it in `targets`.
func module(
    _ name: String,
    uses: [Target.Dependency],
    settings: [SwiftSetting] = strict,
    resources: [Resource] = []
) -> Target {
    .target(name: name, dependencies: uses, resources: resources, swiftSettings: settings)
}

/// A folder of tests named after the module it tests.
func tests(_ name: String, uses: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: uses + ["BerthTestKit"], swiftSettings: strict)
}

let package = Package(
    name: "berth",
    targets: [
        face("CLinux"), face("CCurl"), face("CMicrohttpd"), face("CSQLite"), face("CYaml"),
        face("COpenSSL"), face("CZlib"), face("CHiredis"), face("CZstd"), face("CBrotli"),
        .target(name: "CKatex", path: "Sources/CKatex"),
        .target(name: "CHighlight", path: "Sources/CHighlight"),
        .target(name: "CVips", path: "Sources/CVips"),
        .target(name: "CQrencode", path: "Sources/CQrencode"),
        .target(name: "CEdit", path: "Sources/CEdit"),

        module("BerthLoop", uses: ["CLinux"]),
        module("BerthText", uses: ["BerthLoop", "COpenSSL"]),
        module("BerthMemory", uses: ["BerthLoop", "CLinux"]),
        module("BerthTelemetry", uses: ["BerthLoop", "BerthText", "BerthMemory", "CLinux"]),
        module(
            "BerthConfig",
            uses: ["BerthText", "BerthMemory", "CYaml", "CLinux"],
            settings: seldom
        ),
        module(
            "BerthHTTP",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "CCurl", "CMicrohttpd",
                "CZlib", "CZstd", "CBrotli",
                "CLinux",
            ]
        ),
        module(
            "BerthStore",
            uses: ["BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "CSQLite", "CLinux"],
            settings: seldom
        ),
        module(
            "BerthCache",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "CHiredis", "CZstd",
                "CLinux",
            ]
        ),
        module("BerthQueue", uses: ["BerthLoop", "BerthText", "BerthTelemetry"]),
        module(
            "BerthProviders",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
            ]
        ),
        module(
            "BerthFiles",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthStore", "CLinux",
            ],
            settings: seldom
        ),
        module(
            "BerthImage",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "CVips", "CZlib",
                "CLinux",
            ],
            settings: seldom
        ),
        module(
            "BerthWork",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP", "BerthStore", "BerthCache", "BerthQueue", "BerthProviders",
                "BerthFiles", "BerthImage", "COpenSSL",
            ]
        ),
        module(
            "BerthBot",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP", "BerthStore", "BerthCache", "BerthQueue", "BerthProviders",
                "BerthFiles", "BerthImage", "BerthWork",
            ],
            settings: seldom
        ),
        module(
            "BerthChannels",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthQueue", "BerthProviders", "BerthFiles", "BerthImage",
                "BerthWork", "BerthBot",
                "CKatex", "CHighlight", "CQrencode",
            ],
            resources: [.embedInCode("Web")]
        ),
        module(
            "BerthAdmin",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthCache", "BerthQueue", "BerthProviders", "BerthFiles",
                "BerthImage",
                "BerthWork", "BerthBot",
                "BerthChannels",
            ],
            settings: seldom
        ),
        module(
            "BerthService",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP", "BerthStore", "BerthCache", "BerthQueue", "BerthProviders",
                "BerthFiles", "BerthWork",
                "BerthBot", "BerthChannels", "BerthAdmin",
            ],
            settings: seldom
        ),
        module(
            "BerthSimulation",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP", "BerthStore", "BerthCache", "BerthQueue", "BerthProviders",
                "BerthImage", "BerthBot", "BerthService",
            ],
            settings: seldom
        ),
        .executableTarget(
            name: "berth",
            dependencies: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthCache", "BerthProviders", "BerthFiles", "BerthImage",
                "BerthWork", "BerthBot",
                "BerthChannels",
                "BerthAdmin", "BerthService", "BerthSimulation", "CEdit", "CLinux",
            ],
            swiftSettings: seldom,
            linkerSettings: packed
        ),
        // A row of scripts/bench.
        .executableTarget(
            name: "berth-scheduling",
            dependencies: ["BerthLoop", "BerthQueue", "BerthTelemetry"],
            path: "bench/scheduling",
            swiftSettings: strict
        ),
        // Rows of scripts/bench, and a side of scripts/fuzz.
        .executableTarget(
            name: "berth-pictures",
            dependencies: ["BerthImage", "BerthLoop", "BerthMemory", "BerthTelemetry"],
            path: "bench/pictures",
            swiftSettings: strict
        ),

        .target(
            name: "BerthTestKit",
            dependencies: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthCache", "BerthQueue", "BerthProviders", "BerthFiles",
                "BerthWork", "BerthBot",
                "BerthChannels", "BerthAdmin", "BerthService", "BerthSimulation", "CLinux",
            ],
            path: "Tests/BerthTestKit",
            swiftSettings: strict
        ),
        tests("BerthLoopTests", uses: ["BerthLoop"]),
        tests("BerthTextTests", uses: ["BerthText", "BerthMemory", "BerthLoop"]),
        tests("BerthMemoryTests", uses: ["BerthMemory", "BerthLoop"]),
        tests(
            "BerthTelemetryTests",
            uses: ["BerthTelemetry", "BerthMemory", "BerthLoop", "CLinux"]
        ),
        tests(
            "BerthProvidersTests",
            uses: [
                "BerthProviders", "BerthSimulation", "BerthHTTP", "BerthConfig", "BerthTelemetry",
                "BerthMemory", "BerthText", "BerthLoop",
            ]
        ),
        tests(
            "BerthSimulationTests",
            uses: [
                "BerthSimulation", "BerthHTTP", "BerthLoop", "BerthText", "BerthMemory",
                "BerthTelemetry",
            ]
        ),
        tests(
            "BerthImageTests",
            uses: [
                "BerthImage", "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "CZlib",
                "CLinux",
            ]
        ),
        tests("BerthQueueTests", uses: ["BerthQueue", "BerthLoop", "BerthText", "BerthTelemetry"]),
        tests(
            "BerthFilesTests",
            uses: [
                "BerthFiles", "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry",
                "BerthConfig", "BerthStore",
            ]
        ),
        tests("TidyTests", uses: []),
        tests("BerthConfigTests", uses: ["BerthConfig", "BerthMemory"]),
        tests(
            "BerthCommandTests",
            uses: [
                "berth", "BerthText", "BerthConfig", "BerthTelemetry", "BerthHTTP", "BerthAdmin",
                "BerthFiles", "BerthMemory", "BerthChannels", "BerthLoop",
            ]
        ),
        tests(
            "BerthStoreTests",
            uses: ["BerthStore", "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry"]
        ),
        tests(
            "BerthCacheTests",
            uses: [
                "BerthCache", "BerthConfig", "BerthLoop", "BerthText", "BerthMemory",
                "BerthTelemetry", "CLinux",
            ]
        ),
        tests(
            "BerthHTTPTests",
            uses: ["BerthHTTP", "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry"]
        ),
        tests(
            "BerthBotTests",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthCache", "BerthQueue", "BerthProviders", "BerthFiles",
                "BerthImage",
                "BerthWork", "BerthBot",
                "BerthChannels",
                "BerthAdmin",
            ]
        ),
        tests(
            "BerthWorkTests",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP", "BerthStore", "BerthCache", "BerthQueue", "BerthProviders",
                "BerthFiles",
                "BerthWork", "BerthBot",
            ]
        ),
        tests(
            "BerthChannelsTests",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthQueue", "BerthProviders", "BerthFiles", "BerthImage",
                "BerthWork", "BerthBot",
                "BerthChannels",
                "BerthAdmin", "BerthSimulation",
            ]
        ),
        tests(
            "BerthAdminTests",
            uses: [
                "BerthLoop", "BerthText", "BerthMemory", "BerthTelemetry", "BerthConfig",
                "BerthHTTP",
                "BerthStore", "BerthCache", "BerthQueue", "BerthProviders", "BerthFiles",
                "BerthWork", "BerthBot",
                "BerthChannels", "BerthAdmin",
            ]
        ),
        tests(
            "BerthServiceTests",
            uses: [
                "BerthAdmin", "BerthHTTP", "BerthLoop", "BerthService", "BerthSimulation",
            ]
        ),
    ]
)

// scripts/test runs some folders of tests in release too, and builds no others for that.
if let names = Context.environment["BERTH_TESTS"]?.split(separator: " ") {
    package.targets.removeAll { $0.type == .test && !names.contains(Substring($0.name)) }
}
