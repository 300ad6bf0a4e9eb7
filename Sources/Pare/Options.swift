import IR

extension Module {
  /// How work on a module is done.
  public struct Options: Sendable {
    /// The most threads that work at once; nil is one for each processor that the process may run on.
    public var workers: Int?
    /// Bytes that bodies at work should take together, at most; nil is no limit. One larger than that is worked on
    /// alone.
    public var memoryBudget: Int?
    /// Whether `wasm()` writes the name section.
    public var keepsNames = false
    /// Features, called as in `--enable-X`, that passes may bring into a module that neither uses nor declares them.
    public var enabledFeatures: [String] = []

    /// All processors, no limit of memory, no names, no features but the module's own.
    public init() {}
  }

  /// An optimization level, as on the command line.
  public enum Level: String, CaseIterable, Sendable {
    /// Nothing.
    case O0
    /// What is quick and useful.
    case O1
    /// Speed.
    case O2
    /// Speed, at length.
    case O3
    /// Speed, with no regard for time.
    case O4
    /// Size.
    case Os
    /// Size above all.
    case Oz
  }
}

extension Module.Options {
  func enabled() throws(Module.Error) -> FeatureSet {
    var set = FeatureSet.mvp
    for name in enabledFeatures {
      guard let feature = FeatureSet.names.first(where: { $0.option == name }) else {
        throw Module.Error(message: "there is no feature \(name)", place: .none)
      }
      set.formUnion(feature.feature)
    }
    return set
  }
}

extension Module.Level {
  /// 0 ... 4.
  var speed: Int {
    switch self {
    case .O0: return 0
    case .O1: return 1
    case .O2, .Os, .Oz: return 2
    case .O3: return 3
    case .O4: return 4
    }
  }

  /// 0 ... 2.
  var size: Int {
    switch self {
    case .Os: return 1
    case .Oz: return 2
    default: return 0
    }
  }
}
