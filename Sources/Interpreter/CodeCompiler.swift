import BinaryFormat
import IR
import Support

/// Compiles a body to register code: one walk over its tree, operands first; nesting costs no machine stack. Linear in
/// the nodes and branch targets.
///
/// Every node leaves one `Entry` that says where its value is. A value stays where it is as long as that is right: a
/// `local.get` has no code, its user reads the local, unless the local is set in between or control forks; then the
/// value is first copied to its home, the slot it would have on a stack.
struct CodeCompiler: ~Copyable {
  /// Where the value of a node is that was compiled and not yet used.
  struct Entry: BitwiseCopyable {
    var slot: UInt32
    /// Words; 0 if there is no value.
    var width: UInt32
    /// The entry's place on the stack of temporaries.
    let home: UInt32
    /// The local that `slot` is, -1 if it is a temporary.
    var local: Int32
    /// The next older entry of the same local, -1 if there is none.
    let previous: Int32
  }

  /// A construct of the walk: what `Body.walk` keeps, and what control instructions remember.
  struct Step {
    let node: NodeID
    var next = 0
    let count: Int
    /// Height of the temporaries, and number of entries, before the node.
    let height: Int
    let entryCount: Int
    /// Of `if`: the labels of its else arm and of its end; of `try`: its handler and the label of its end; of
    /// `try_table`: its handler; of `loop`: where its code begins.
    var first = 0
    var second = 0
  }

  struct Label: BitwiseCopyable {
    /// Where the values of a branch go.
    var slot: Int32 = 0
    /// The handler that is open in the construct.
    var handler: Int32 = -1
    /// Position in the code; -1 until known.
    var position: Int32 = -1
    /// Of a legacy `try`: where its exception is while a catch body runs.
    var exceptionSlot: Int32 = -1
  }

  var body = Body()
  var context = CompilerContext()
  var code = Column<Instruction>()
  var entries = Column<Entry>()
  var steps: [Step] = []
  var labels = Column<Label>()
  var handlers = Column<Handler>()
  var clauses = Column<HandlerClause>()
  /// Clauses that go to a label: (clause, label).
  var clauseLabels: [(Int, Int)] = []
  /// Instructions whose target is still the number of a label.
  var jumps = Column<UInt32>()
  /// By local: its slot; the newest entry that reads it, -1 if there is none.
  var localSlots = Column<UInt32>()
  var readers = Column<Int32>()
  /// The next free temporary, and the highest ever.
  var height = 0
  var highest = 0
  /// Entries below are at home.
  var settledCount = 0
  var handler: Int32 = -1
  /// The last instruction, if all it does is to compute slot `a`; else -1.
  var lastResult = -1

  /// Compiles a function of a module.
  mutating func compile(
    _ code: Code, type: TypeID, with decoder: inout BodyDecoder, in context: consuming CompilerContext
  ) throws -> CompiledFunction {
    try decoder.decode(code, type: type, into: &body, validating: false)
    self.context = context
    return finish()
  }

  /// Compiles a constant expression as the body of a function without parameters.
  mutating func compile(
    _ expression: ConstExpression, type: ValueType, with decoder: inout BodyDecoder,
    in context: consuming CompilerContext
  ) throws -> CompiledFunction {
    try decoder.decode(expression, expecting: type, into: &body)
    self.context = context
    return finish()
  }

  private mutating func finish() -> CompiledFunction {
    begin()
    push(body.root)
    while let step = steps.last {
      if step.next < step.count {
        steps[steps.count - 1].next += 1
        let operand = body.operand(step.next, of: step.node)
        if operand.isNone { continue }
        prepareOperand(step.next, of: step)
        push(operand)
      } else {
        steps.removeLast()
        emit(step)
      }
    }
    resolve()
    defer { context = CompilerContext() }
    return CompiledFunction(
      code: CompiledCode(
        instructions: code.copy(), handlers: UnsafePointer(handlers.copy()), handlerCount: handlers.count,
        clauses: UnsafePointer(clauses.copy())),
      localSlots: localWords, frameSlots: highest + 8)
  }

  private var localWords: Int {
    let last = body.localCount - 1
    return last < 0 ? 0 : Int(localSlots[last]) + body.type(of: LocalID(last)).slotCount
  }

  private mutating func begin() {
    code.removeAll()
    entries.removeAll()
    labels.removeAll()
    handlers.removeAll()
    clauses.removeAll()
    clauseLabels.removeAll(keepingCapacity: true)
    jumps.removeAll()
    localSlots.removeAll()
    readers.removeAll()
    var slot = 0
    for index in 0..<body.localCount {
      localSlots.append(UInt32(slot))
      readers.append(-1)
      slot += body.type(of: LocalID(index)).slotCount
    }
    height = slot
    // The results come to the frame's first slots.
    highest = max(slot, width(of: body.type(of: body.root)))
    labels.resize(to: Int(body.labelCount), filling: Label())
    (settledCount, handler, lastResult) = (0, -1, -1)
  }

  private mutating func push(_ node: NodeID) {
    var step = Step(
      node: node, count: body.operandCount(of: node), height: height, entryCount: entries.count)
    enter(&step)
    steps.append(step)
  }

  /// Words of a value of the type.
  func width(of type: ResultType) -> Int {
    if type.isValue { return type.valueType.slotCount }
    guard type.isTuple else { return 0 }
    var width = 0
    for index in 0..<body.arity(of: type) { width += body.valueType(index, of: type).slotCount }
    return width
  }

  /// Puts positions where labels stand.
  private mutating func resolve() {
    for index in 0..<jumps.count {
      let position = Int(jumps[index])
      var instruction = code[position]
      switch instruction.operation {
      case .jump: instruction.a = UInt32(labels[Int(instruction.a)].position)
      case .jumpIf, .jumpUnless: instruction.b = UInt32(labels[Int(instruction.b)].position)
      default: instruction.c = UInt32(labels[Int(instruction.c)].position)
      }
      code[position] = instruction
    }
    for (clause, label) in clauseLabels { clauses[clause].target = labels[label].position }
  }
}

/// What a body means by its indices.
struct CompilerContext {
  /// By type of the module: the store's.
  var types: [TypeID] = []
  var runtimeTypes = RuntimeTypes()
  var globalTypes: [ValueType] = []
  var memoryIs64: [Bool] = []

  func type(_ type: ValueType) -> ValueType { type.mapType { types[$0.index] } }
}

struct CompiledFunction {
  let code: CompiledCode
  let localSlots: Int
  let frameSlots: Int
}

extension Column {
  /// The values in memory of their own.
  fileprivate func copy() -> UnsafeMutablePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: Swift.max(count, 1))
    withUnsafeBuffer { if let base = $0.baseAddress { memory.initialize(from: base, count: $0.count) } }
    return memory
  }
}
