// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target, in one place.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// Our own modules, each under `Sources/<name>`, importing only what stands above it in this list.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "ApusTestKit"] + dependencies,
        resources: resources, swiftSettings: strict)
}

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let instrumentation: Target.Dependency = .product(name: "Instrumentation", package: "swift-distributed-tracing")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "apus",
    products: [
        .executable(name: "apus", targets: ["ApusCommand"]),
        .library(name: "Apus", targets: ["Apus"]),
        .library(name: "ApusInstruments", targets: ["ApusInstruments"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // System libraries and C
        .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
        .target(name: "CApusRE2", linkerSettings: [.linkedLibrary("re2")]),
        .target(name: "CApusIntrinsics"),
        .target(name: "CApusThreadSlots"),

        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Foundation and model
        module("ApusBytes", ["CApusIntrinsics"]),
        module("ApusPlatform"),
        module("ApusModel", ["ApusBytes"]),
        module("ApusRegex", ["CApusRE2"]),
        module("ApusSelection", ["ApusBytes", "ApusModel", "ApusRegex"]),
        module("ApusConfiguration", [yams]),
        module("ApusTestKit", ["ApusBytes", "ApusPlatform", "ApusModel", "ApusSelection"]),

        // Engines
        module("ApusInstruments", ["ApusBytes", "ApusModel", "CApusThreadSlots", metrics, instrumentation]),
        module("ApusExposition", ["ApusBytes", "ApusModel", "CSnappy"]),
        module("ApusSeriesDatabase", ["ApusBytes", "ApusPlatform", "ApusModel", "ApusRegex", "ApusSelection"]),
        module("ApusPromQL", ["ApusBytes", "ApusModel", "ApusRegex", "ApusSelection"]),
        module("ApusCollectors", ["ApusBytes", "ApusPlatform", "ApusModel"]),
        module("ApusQuerying", ["ApusSelection", "ApusPromQL"]),

        // Edge
        module("ApusDashboard", ["ApusBytes", "ApusModel", "ApusPromQL", "ApusQuerying"], resources: [.embedInCode("Resources")]),
        module(
            "ApusServer",
            [
                "ApusBytes", "ApusPlatform", "ApusModel", "ApusSelection", "ApusExposition", "ApusPromQL", "ApusQuerying", "CZlib",
                hummingbird, lifecycle, logging, nioCore, nioPosix, nioHTTPTypes, httpTypes,
            ]),
        module(
            "Apus",
            [
                "ApusPlatform", "ApusModel", "ApusSelection", "ApusExposition", "ApusSeriesDatabase", "ApusPromQL", "ApusQuerying", "ApusCollectors",
                "ApusBytes",
                "ApusDashboard", "ApusServer", "ApusConfiguration", lifecycle, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "ApusCommand", dependencies: ["Apus", "ApusConfiguration", "ApusPlatform", arguments, httpClient, nioCore, nioHTTP1], swiftSettings: strict),

        // Tests
        tests("ApusBytes", []),
        tests("ApusModel", ["ApusBytes"]),
        tests("ApusRegex", []),
        tests("ApusSelection", ["ApusModel", "ApusRegex"]),
        tests("ApusPlatform", []),
        tests("ApusConfiguration", []),
        tests("ApusExposition", ["ApusBytes", "ApusModel"]),
        tests("ApusSeriesDatabase", ["ApusBytes", "ApusPlatform", "ApusModel", "ApusSelection"]),
        tests("ApusPromQL", ["ApusBytes", "ApusModel", "ApusSelection", "ApusRegex"], resources: [.copy("Scripts")]),
        tests(
            "ApusInstruments",
            [
                "ApusBytes", "ApusModel", "CApusThreadSlots", metrics, instrumentation,
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
            ]),
        tests("ApusCollectors", ["ApusBytes", "ApusPlatform", "ApusModel"]),
        tests("ApusQuerying", ["ApusModel", "ApusSelection", "ApusPromQL"]),
        tests("ApusDashboard", ["ApusModel", "ApusSelection", "ApusPromQL", "ApusQuerying"]),
        tests(
            "ApusServer",
            [
                "ApusBytes", "ApusPlatform", "ApusModel", "ApusSelection", "ApusExposition", "ApusPromQL", "ApusQuerying",
                hummingbird, lifecycle, logging, nioCore, nioPosix, httpTypes, .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests("Apus", ["ApusModel"]),
        .testTarget(name: "RepositoryTests", swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
