import IR
import Support

/// A statement (type `none`) or a pending value of the decoder's stack. In unreachable code there are no statements, and
/// values have no node.
struct StackEntry: BitwiseCopyable {
  var node: NodeID
  var type: ResultType
}

/// An open construct.
struct Frame: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case function, block, loop, `if`, `else`, `try`, `catch`, catchAll, tryTable

    var isCatch: Bool { self == .catch || self == .catchAll }
  }

  var kind = Kind.function
  /// A divergence came before, so that the stack is polymorphic: values that are not there may be taken.
  var isUnreachable = false
  /// The construct as a whole can't be reached.
  var isDead = false
  /// What comes now can be reached; else it is checked and dropped.
  var isLive = true
  /// A branch goes to `label` (`if`, `try_table`) or `branchLabel` (`try`), so that a block has to carry it.
  var isTargeted = false
  /// Height of the stack at the beginning.
  var base: Int32 = 0
  /// Height below which no value may be taken: `base`, or after a divergence the height there.
  var floor: Int32 = 0
  var label = LabelID.none
  /// Legacy `try`: the label of branches, while `label` is that of `rethrow` and `delegate`.
  var branchLabel = LabelID.none
  var parameters = ResultType.none
  var results = ResultType.none
  /// The locals that hold the parameters: consecutive from here.
  var firstParameterLocal = LocalID.none
  var condition = NodeID.none
  var thenArm = NodeID.none
  /// Where the construct's part of `tryArms` (`try`) or `landings` (`try_table`) begins.
  var sideStart: Int32 = 0
  /// Where the construct's part of `catchClauses` begins.
  var clauseStart: Int32 = 0
  /// Height of the undo list of `localIsSet`.
  var initializationHeight: Int32 = 0
  /// Where the construct comes from.
  var position = PositionID.none
  /// Branch hint of an `if`: 1 likely, 0 unlikely, -1 none.
  var hint: Int8 = -1
  /// Legacy `try`: the tag of the open arm; `none` in the body and in `catch_all`.
  var tag = TagID.none

  /// What a branch to the construct passes.
  var labelType: ResultType { kind == .loop ? parameters : results }
}

struct TryArm: BitwiseCopyable {
  var body: NodeID
  var tag: TagID
}

/// A label that stands in for a loop with parameters in an instruction that can't assign them before it branches.
struct Landing {
  let label: LabelID
  /// Index of the loop among the open frames.
  let frame: Int
}

/// Which non-defaultable locals have been set (specification 3.4.9): a bit per local, and an undo list, as what is set
/// inside a construct is unset again at its end.
struct LocalInitialization: ~Copyable {
  /// Locals below this number are always set: parameters, and as long as no local needs it all others.
  private var unset = Column<Bool>()
  private var undo = Column<UInt32>()
  private(set) var isTracking = false

  var height: Int32 { Int32(undo.count) }

  mutating func reset(count: Int) {
    unset.removeAll()
    undo.removeAll()
    isTracking = false
  }

  mutating func addUnset(from first: Int, count: Int) {
    isTracking = true
    unset.resize(to: first, filling: false)
    unset.resize(to: first + count, filling: true)
  }

  func isSet(_ local: LocalID) -> Bool { local.index >= unset.count || !unset[local.index] }

  mutating func set(_ local: LocalID) {
    guard isTracking, !isSet(local) else { return }
    unset[local.index] = false
    undo.append(local.rawValue)
  }

  mutating func undo(to height: Int32) {
    while undo.count > Int(height) { unset[Int(undo.popLast())] = true }
  }
}
