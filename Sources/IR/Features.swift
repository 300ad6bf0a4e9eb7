/// Features of the language, in the sense of the `--enable-X` options.
public struct FeatureSet: OptionSet, Hashable, BitwiseCopyable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public static var mvp: FeatureSet { [] }
  @inlinable public static var mutableGlobals: FeatureSet { FeatureSet(rawValue: 1 << 0) }
  @inlinable public static var signExt: FeatureSet { FeatureSet(rawValue: 1 << 1) }
  @inlinable public static var nontrappingFloatToInt: FeatureSet { FeatureSet(rawValue: 1 << 2) }
  @inlinable public static var simd: FeatureSet { FeatureSet(rawValue: 1 << 3) }
  @inlinable public static var relaxedSimd: FeatureSet { FeatureSet(rawValue: 1 << 4) }
  @inlinable public static var bulkMemory: FeatureSet { FeatureSet(rawValue: 1 << 5) }
  @inlinable public static var bulkMemoryOpt: FeatureSet { FeatureSet(rawValue: 1 << 6) }
  @inlinable public static var callIndirectOverlong: FeatureSet { FeatureSet(rawValue: 1 << 7) }
  @inlinable public static var referenceTypes: FeatureSet { FeatureSet(rawValue: 1 << 8) }
  @inlinable public static var multivalue: FeatureSet { FeatureSet(rawValue: 1 << 9) }
  @inlinable public static var exceptionHandling: FeatureSet { FeatureSet(rawValue: 1 << 10) }
  @inlinable public static var tailCall: FeatureSet { FeatureSet(rawValue: 1 << 11) }
  @inlinable public static var gc: FeatureSet { FeatureSet(rawValue: 1 << 12) }
  @inlinable public static var memory64: FeatureSet { FeatureSet(rawValue: 1 << 13) }
  @inlinable public static var multimemory: FeatureSet { FeatureSet(rawValue: 1 << 14) }
  @inlinable public static var extendedConst: FeatureSet { FeatureSet(rawValue: 1 << 15) }
  @inlinable public static var threads: FeatureSet { FeatureSet(rawValue: 1 << 16) }
  @inlinable public static var wideArithmetic: FeatureSet { FeatureSet(rawValue: 1 << 17) }
  @inlinable public static var customPageSizes: FeatureSet { FeatureSet(rawValue: 1 << 18) }
  @inlinable public static var compactImports: FeatureSet { FeatureSet(rawValue: 1 << 19) }

  @inlinable public static var all: FeatureSet { FeatureSet(rawValue: (1 << 20) - 1) }

  /// Each feature: the word after `--enable-`, and its name in the `target_features` section.
  public static let names: [(feature: FeatureSet, option: String, section: String)] = [
    (.mutableGlobals, "mutable-globals", "mutable-globals"),
    (.signExt, "sign-ext", "sign-ext"),
    (.nontrappingFloatToInt, "nontrapping-float-to-int", "nontrapping-fptoint"),
    (.simd, "simd", "simd128"),
    (.relaxedSimd, "relaxed-simd", "relaxed-simd"),
    (.bulkMemory, "bulk-memory", "bulk-memory"),
    (.bulkMemoryOpt, "bulk-memory-opt", "bulk-memory-opt"),
    (.callIndirectOverlong, "call-indirect-overlong", "call-indirect-overlong"),
    (.referenceTypes, "reference-types", "reference-types"),
    (.multivalue, "multivalue", "multivalue"),
    (.exceptionHandling, "exception-handling", "exception-handling"),
    (.tailCall, "tail-call", "tail-call"),
    (.gc, "gc", "gc"),
    (.memory64, "memory64", "memory64"),
    (.multimemory, "multimemory", "multimemory"),
    (.extendedConst, "extended-const", "extended-const"),
    (.threads, "threads", "atomics"),
    (.wideArithmetic, "wide-arithmetic", "wide-arithmetic"),
    (.customPageSizes, "custom-page-sizes", "custom-page-sizes"),
    (.compactImports, "compact-imports", "compact-imports"),
  ]

  /// The option words of the features in the set, in the order of `names`.
  public var optionNames: [String] { FeatureSet.names.filter { contains($0.feature) }.map(\.option) }
}
