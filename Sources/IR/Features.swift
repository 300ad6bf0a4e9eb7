/// Features of the language, in the sense of the `--enable-X` options.
public struct FeatureSet: OptionSet, Hashable, BitwiseCopyable, Sendable {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let mvp: FeatureSet = []
  public static let mutableGlobals = FeatureSet(rawValue: 1 << 0)
  public static let signExt = FeatureSet(rawValue: 1 << 1)
  public static let nontrappingFloatToInt = FeatureSet(rawValue: 1 << 2)
  public static let simd = FeatureSet(rawValue: 1 << 3)
  public static let relaxedSimd = FeatureSet(rawValue: 1 << 4)
  public static let bulkMemory = FeatureSet(rawValue: 1 << 5)
  public static let bulkMemoryOpt = FeatureSet(rawValue: 1 << 6)
  public static let callIndirectOverlong = FeatureSet(rawValue: 1 << 7)
  public static let referenceTypes = FeatureSet(rawValue: 1 << 8)
  public static let multivalue = FeatureSet(rawValue: 1 << 9)
  public static let exceptionHandling = FeatureSet(rawValue: 1 << 10)
  public static let tailCall = FeatureSet(rawValue: 1 << 11)
  public static let gc = FeatureSet(rawValue: 1 << 12)
  public static let memory64 = FeatureSet(rawValue: 1 << 13)
  public static let multimemory = FeatureSet(rawValue: 1 << 14)
  public static let extendedConst = FeatureSet(rawValue: 1 << 15)
  public static let threads = FeatureSet(rawValue: 1 << 16)
  public static let wideArithmetic = FeatureSet(rawValue: 1 << 17)
  public static let customPageSizes = FeatureSet(rawValue: 1 << 18)
  public static let compactImports = FeatureSet(rawValue: 1 << 19)

  public static let all = FeatureSet(rawValue: (1 << 20) - 1)

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
