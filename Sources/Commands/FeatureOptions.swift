import IR
import Support

/// The `--enable-X` and `--disable-X` options, in effect.
package struct FeatureOptions: Sendable {
  /// What passes may bring into the module even if it does not use or declare it.
  package var enabled: FeatureSet = .mvp
  /// What the module must not use.
  package var disabled: FeatureSet = .mvp

  mutating func enable(_ features: FeatureSet) {
    enabled.formUnion(features)
    disabled.subtract(features)
  }

  mutating func disable(_ features: FeatureSet) {
    enabled.subtract(features)
    disabled.formUnion(features)
  }

  /// Words that scripts written for wasm-opt may use besides our own, and what they stand for. Those of proposals that
  /// no pass could bring in stand for nothing.
  static let otherNames: [(option: String, features: FeatureSet)] = [
    ("typed-function-references", .gc),
    ("gc-nn-locals", []),
    ("strings", []),
    ("fp16", []),
    ("multibyte", []),
    ("shared-everything", []),
    ("stack-switching", []),
    ("custom-descriptors", []),
    ("relaxed-atomics", []),
  ]

  static func options<Request>(_ path: WritableKeyPath<Request, FeatureOptions>) -> [Option<Request>] {
    let names = FeatureSet.names.map { ($0.option, $0.feature) } + otherNames.map { ($0.option, $0.features) }
    return [
      Option(
        "--enable-X",
        says: "Let passes use feature X though the module neither uses nor declares it. Reading never needs this.",
        action: .flag { _ in throw requestError("--enable-X needs the name of a feature, as in --enable-simd") }),
      Option(
        "--disable-X",
        says: "Refuse a module that uses feature X. X is one of: "
          + FeatureSet.names.map(\.option).joined(separator: ", ") + ".",
        action: .flag { _ in throw requestError("--disable-X needs the name of a feature, as in --disable-simd") }),
      Option("-all", "--all-features", says: "Enable all features.", action: .flag { $0[keyPath: path].enable(.all) }),
      Option("-mvp", "--mvp-features", says: "Disable all features.", action: .flag { $0[keyPath: path].disable(.all) }),
      Option(
        "--detect-features", says: "Take features from what the module uses and declares. This is always so.",
        action: .flag { _ in }),
    ] + names.flatMap { name, features in
      [
        .hidden("--enable-" + name, action: .flag { $0[keyPath: path].enable(features) }),
        .hidden("--disable-" + name, action: .flag { $0[keyPath: path].disable(features) }),
      ]
    }
  }
}
