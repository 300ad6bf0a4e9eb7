import BinaryFormat
import IR
import PassManager
import Passes
import Support

/// Makes a module as small as it gets while something stays true of it: delta debugging (Zeller and Hildebrandt,
/// "Simplifying and isolating failure-inducing input", 2002) over passes, items, contents and bodies.
///
/// A round is a list of changes that can be made independently of each other. It is tried at once, then in halves,
/// quarters and so on; what leaves a valid module that passes the check is kept. At first lists are not cut into
/// very small parts: much of what is in them vanishes in other rounds. The same module comes out each time.
package struct Reducer {
  /// One success.
  package struct Progress {
    /// What was changed, for a person.
    package let change: String
    /// The module as it is now, with names if it still has any.
    package let bytes: Bytes
  }

  private let check: (Bytes) throws -> Bool
  private let workers: WorkerPool
  private let usesPasses: Bool
  private let report: (Progress) throws -> Void

  /// The smallest module so far, as it is written.
  private var best = Bytes()
  private var current = Module()
  /// What did not pass the check.
  private var rejected: Set<UInt64> = []
  /// How often the check has run.
  package private(set) var checkCount = 0

  /// - Parameters:
  ///   - usesPasses: whether the passes of the optimizer help; not if they may be what fails.
  ///   - report: is told each success.
  ///   - check: whether a module, given in the binary format, is still of interest. An error ends the reduction.
  package init(
    workers: WorkerPool = WorkerPool(count: 1), usesPasses: Bool = true,
    report: @escaping (Progress) throws -> Void = { _ in }, check: @escaping (Bytes) throws -> Bool
  ) {
    self.check = check
    self.workers = workers
    self.usesPasses = usesPasses
    self.report = report
  }

  /// The smallest module found.
  ///
  /// - Throws: `WasmError` if the check does not pass `module` itself; what the check throws.
  package mutating func reduce(_ module: Module) throws -> Module {
    best = Bytes(try write(module))
    rejected = []
    checkCount = 1
    guard try check(best) else {
      throw WasmError(.request, "the check does not hold for the module as it is, so there is nothing to reduce")
    }
    current = try read(best)
    // 2 to the power of this is the number of parts that a list is cut into.
    var depth = 6
    while true {
      let before = best.count
      var isExhausted = true
      for makeRound in rounds {
        var round: any ReductionRound
        repeat {
          round = try makeRound(current)
        } while try run(round, depth: depth, &isExhausted) && round.repeats
      }
      if best.count < before { continue }
      if isExhausted { return current }
      depth += 4
    }
  }

  private typealias RoundMaker = (Module) throws -> any ReductionRound

  private var rounds: [RoundMaker] {
    let workers = self.workers
    let passes: [RoundMaker] = usesPasses ? [{ _ in PassReduction(workers: workers) }] : []
    return passes + [
      { ExtraReduction(of: $0) },
      { RootReduction(of: $0) },
      { SegmentReduction(of: $0) },
      { ImportReduction(of: $0) },
      { try FunctionReduction(of: $0) },
      { try UnusedItemReduction(of: $0) },
      { try BodyReduction(of: $0, .subtrees) },
      { try BodyReduction(of: $0, .operands) },
      { try SignatureReduction(of: $0) },
      { try BodyReduction(of: $0, .locals) },
      { DeclarationReduction(of: $0) },
      { try BodyReduction(of: $0, .constants) },
    ]
  }

  /// Tries a round down to parts of `1 / 2^depth`. Returns whether anything was kept.
  ///
  /// - Parameter isExhausted: becomes false if smaller parts could have been tried.
  private mutating func run(_ round: any ReductionRound, depth: Int, _ isExhausted: inout Bool) throws -> Bool {
    var round = round
    let smallest = max(1, round.count >> depth)
    if smallest > 1 { isExhausted = false }
    var size = round.count
    var hasChanged = false
    while size >= smallest && size > 0 {
      for start in stride(from: 0, to: round.count, by: size) {
        let part = start..<min(start + size, round.count)
        var candidate = current
        guard try round.apply(part, to: &candidate), try probe(candidate, for: round, count: part.count) else { continue }
        current = candidate
        round.accept(part)
        hasChanged = true
      }
      size = size > 1 ? (size + 1) / 2 : 0
    }
    if hasChanged { current = try read(best) }
    return hasChanged
  }

  /// Whether the candidate is simpler, valid and passes the check; then it is the best.
  private mutating func probe(_ candidate: Module, for round: any ReductionRound, count: Int) throws -> Bool {
    // Changes that don't fit each other or the rest of the module show as errors here.
    guard let written = try? write(candidate) else { return false }
    let bytes = Bytes(written)
    guard bytes.count < best.count || round.mayGrow && bytes != best else { return false }
    let fingerprint = bytes.fingerprint
    guard !rejected.contains(fingerprint) else { return false }
    guard (try? read(bytes)) != nil else { return false }
    checkCount += 1
    guard try check(bytes) else {
      rejected.insert(fingerprint)
      return false
    }
    best = bytes
    try report(Progress(change: "\(round.title): \(count)", bytes: bytes))
    return true
  }

  private func write(_ module: Module) throws -> [UInt8] {
    var options = WriterOptions()
    options.keepsNames = true
    return try ModuleWriter.bytes(of: module, options: options, workers: workers)
  }

  /// The module that the bytes hold, validated.
  private func read(_ bytes: Bytes) throws -> Module {
    var module = try ModuleReader.read(bytes)
    try PassRunner.quiet(workers).run([], on: &module)
    return module
  }
}

/// Changes to a module that can be made independently of each other.
protocol ReductionRound {
  /// What the changes do, for a person.
  var title: String { get }
  var count: Int { get }
  /// Whether a module that is no smaller is progress, too: each change makes something simpler that it does not make
  /// simpler a second time.
  var mayGrow: Bool { get }
  /// Whether a round that kept something is worth another at once.
  var repeats: Bool { get }
  /// Makes the changes numbered `part` in a module that has those accepted so far. Returns false if that is nothing.
  mutating func apply(_ part: Range<Int>, to module: inout Module) throws -> Bool
  /// The changes of the last `apply` are kept.
  mutating func accept(_ part: Range<Int>)
}

extension ReductionRound {
  var mayGrow: Bool { false }
  var repeats: Bool { false }
  mutating func accept(_ part: Range<Int>) {}
}

extension Bytes {
  /// A number that differs where bytes differ, but for 1 in 2^64 (FNV-1a); the same in each run.
  fileprivate var fingerprint: UInt64 {
    withUnsafeBytes { bytes in
      bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }
}
