// swift-tools-version: 6.2
import PackageDescription

/// The layers of the optimizer, lowest first. A target may use only targets above it in this list
/// (passes-docs/design.md, "Layers").
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
]

func layer(_ name: String, uses dependencies: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, swiftSettings: settings)
}

func tests(of name: String, uses dependencies: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: ([name] + dependencies).map { .init(stringLiteral: $0) },
    swiftSettings: settings)
}

let package = Package(
  name: "pare",
  products: [
    .library(name: "Pare", targets: ["Pare"]),
    .executable(name: "pare", targets: ["PareMain"]),
  ],
  targets: [
    layer("Support"),
    layer("IR", uses: ["Support"]),
    layer("BinaryFormat", uses: ["Support", "IR"]),
    layer("TextFormat", uses: ["Support", "IR", "BinaryFormat"]),
    layer("Analysis", uses: ["Support", "IR"]),
    layer("Interpreter", uses: ["Support", "IR", "BinaryFormat"]),
    layer("Wasi", uses: ["Support", "IR", "Interpreter"]),
    layer("PassManager", uses: ["Support", "IR", "BinaryFormat", "TextFormat"]),
    layer(
      "Passes",
      uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Analysis", "Interpreter", "PassManager"]),
    layer(
      "Oracle", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Interpreter", "PassManager", "Passes"]),
    layer("Pare", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "PassManager", "Passes"]),
    layer(
      "Commands",
      uses: [
        "Support", "IR", "BinaryFormat", "TextFormat", "Interpreter", "Wasi", "PassManager", "Passes", "Oracle",
      ]),
    .executableTarget(name: "PareMain", dependencies: ["Commands"], swiftSettings: settings),
    tests(of: "Support"),
    tests(of: "BinaryFormat", uses: ["Support", "IR"]),
    tests(of: "TextFormat", uses: ["Support", "IR", "BinaryFormat"]),
    tests(of: "PassManager", uses: ["Support", "IR", "BinaryFormat"]),
    tests(of: "Pare", uses: ["Support"]),
    tests(of: "Commands", uses: ["Support", "IR", "PassManager", "Passes"]),
    tests(of: "IR", uses: ["Support"]),
    tests(of: "Analysis", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Oracle"]),
    tests(of: "Interpreter", uses: ["Support", "IR", "BinaryFormat", "TextFormat"]),
    tests(of: "Wasi", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Interpreter"]),
    tests(
      of: "Passes", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Interpreter", "PassManager", "Oracle"]),
    tests(of: "Oracle", uses: ["Support", "IR", "BinaryFormat", "TextFormat", "Interpreter", "PassManager", "Passes"]),
  ]
)
