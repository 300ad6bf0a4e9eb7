import BinaryFormat
import IR
import Support

/// Where the printer stands in a node.
struct PrinterFrame: BitwiseCopyable {
  /// The `tail` of what is not the end of a construct.
  static let notAtEnd = UInt32.max

  enum Kind: UInt8, BitwiseCopyable {
    /// Operands follow each other; `closers` parentheses end the node.
    case plain
    /// A construct whose operands are inside its label.
    case construct
    case `if`
    case `try`
    /// `(then`, `(do` and the like around the one node.
    case arm
  }

  let node: NodeID
  let kind: Kind
  /// Everything inside stands on the line of the node.
  let isInline: Bool
  /// Of the operands, in spaces.
  let indentation: UInt8
  /// Whether the scope of `labels` has begun.
  var isOpen = false
  /// Whether an `unreachable` follows the construct.
  var isDivergent = false
  let labels: ConstructLabels
  /// For the last operand: the type of the construct that it ends, or `notAtEnd`.
  let tail: UInt32
  let closers: Int32
  /// Where the item comes from that this is, or is a part of.
  var position = PositionID.nowhere
  var next: Int32 = 0
  let count: Int32

  init(
    _ node: NodeID, _ kind: Kind, count: Int, closers: Int = 1, labels: ConstructLabels = ConstructLabels(),
    tail: UInt32 = PrinterFrame.notAtEnd, indentation: Int, isInline: Bool
  ) {
    self.node = node
    self.kind = kind
    self.isInline = isInline
    self.indentation = UInt8(min(indentation, lineIndentationLimit))
    self.labels = labels
    self.tail = tail
    self.closers = Int32(truncatingIfNeeded: closers)
    self.count = Int32(truncatingIfNeeded: count)
  }
}

/// Writes text of one module into a buffer: what module and function printer share.
///
/// Nesting costs no machine stack, and time and text are linear in the nodes.
struct TextPrinter: ~Copyable {
  let identifiers: ModuleIdentifiers
  var text = Column<UInt8>()

  let infos = OpcodeTable.infos
  let mnemonics = Mnemonics.shared
  var frames = Column<PrinterFrame>()
  var labels = LabelStack()
  var namedLabels = NamedLabels()
  var locals = ReferenceTable<LocalID>()
  var hasLocalNames = false
  /// Nodes that may still be printed: a tree has each node once, so that more of them come from a bug in a pass.
  var nodeBudget = 0
  var hasPositions = false
  /// Where the item at hand comes from.
  var position = PositionID.nowhere
  private var pending = Column<NodeID>()

  init(_ identifiers: ModuleIdentifiers) {
    self.identifiers = identifiers
  }

  /// Appends the tree at `top`, each item on a line of its own, or all on this line with a space in front of each.
  mutating func appendTree(_ top: NodeID, of body: borrowing Body, indentation: Int, isInline: Bool) {
    nodeBudget = body.nodes.count
    frames.removeAll()
    let type = top.index < body.nodes.count ? body.type(of: top) : .none
    enter(
      top, of: body, tail: type == .unreachable ? ResultType.none.bits : type.bits, indentation: indentation,
      isInline: isInline)
    while !frames.isEmpty {
      let frame = frames.last
      if frame.next < frame.count {
        frames.last.next += 1
        advance(frame, of: body)
      } else {
        leave(frame, of: body)
        frames.removeLast(1)
      }
    }
  }

  /// Begins the item `id`: what stands before its operands.
  ///
  /// - Parameter tail: the type of the construct that the item ends, as `ResultType.bits`, or `notAtEnd`.
  mutating func enter(_ id: NodeID, of body: borrowing Body, tail: UInt32, indentation: Int, isInline: Bool) {
    if id.isNone { return }
    guard id.index < body.nodes.count, nodeBudget > 0 else {
      return text.appendText(nodeBudget > 0 ? " (;no such node;)" : " (;not a tree;)")
    }
    nodeBudget -= 1
    let shape = infos[Int(body.opcode(of: id).rawValue)].shape
    switch shape {
    case .block, .loop, .if, .try, .tryTable:
      enterConstruct(id, of: body, tail: tail, indentation: indentation, isInline: isInline)
    case .keep, .tupleMake:
      pushSequence(id, of: body, tail: PrinterFrame.notAtEnd, indentation: indentation, isInline: isInline)
    case .tupleSet, .drop: enterConsumer(id, of: body, indentation: indentation, isInline: isInline)
    case .payload: break
    default: enterPlain(id, of: body, indentation: indentation, isInline: isInline)
    }
  }

  /// Goes on to the next operand of `frame`.
  private mutating func advance(_ frame: PrinterFrame, of body: borrowing Body) {
    let isLast = frame.next == frame.count - 1
    switch frame.kind {
    case .plain, .construct:
      enter(
        body.operand(Int(frame.next), of: frame.node), of: body, tail: isLast ? frame.tail : PrinterFrame.notAtEnd,
        indentation: Int(frame.indentation), isInline: frame.isInline)
    case .arm:
      enter(
        frame.node, of: body, tail: frame.tail, indentation: Int(frame.indentation), isInline: frame.isInline)
    case .if: advanceIf(frame, of: body)
    case .try: advanceTry(frame, of: body)
    }
  }

  /// Begins a line, or goes on with this one.
  @inline(__always)
  mutating func beginItem(indentation: Int, isInline: Bool) {
    if isInline {
      text.append(0x20)
    } else {
      text.appendNewline(indentation: indentation)
    }
  }

  /// The operands are printed as if they stood in place of the node.
  mutating func pushSequence(_ id: NodeID, of body: borrowing Body, tail: UInt32, indentation: Int, isInline: Bool) {
    push(
      PrinterFrame(
        id, .plain, count: body.operandCount(of: id), closers: 0, tail: tail, indentation: indentation,
        isInline: isInline), isItem: false)
  }

  /// - Parameter isItem: whether the frame is of the item whose position has been looked at last, and not a part of the
  ///   one around it.
  mutating func push(_ frame: PrinterFrame, isItem: Bool = true) {
    var frame = frame
    frame.position = isItem ? position : outerPosition
    frames.append(frame)
  }

  private mutating func enterPlain(_ id: NodeID, of body: borrowing Body, indentation: Int, isInline: Bool) {
    if hasPositions { appendPosition(of: id, of: body, indentation: indentation) }
    appendBranchHint(of: id, of: body, indentation: indentation, isInline: isInline)
    beginItem(indentation: indentation, isInline: isInline)
    mnemonics.append(body.opcode(of: id), to: &text)
    appendImmediates(of: id, of: body)
    let count = body.operandCount(of: id)
    if count == 0 { return text.append(0x29) }
    push(
      PrinterFrame(
        id, .plain, count: count, indentation: indentation + 2, isInline: isInline || isShort(id, of: body)))
  }

  /// An instruction that takes one value, printed once for each value that its operand has.
  private mutating func enterConsumer(_ id: NodeID, of body: borrowing Body, indentation: Int, isInline: Bool) {
    var locals: [LocalID] = []
    if case .tupleSet(let node) = body[id] {
      for index in 0..<node.localCount { locals.append(body.local(index, of: node)) }
    } else {
      let operand = body.operand(0, of: id)
      let isKnown = !operand.isNone && operand.index < body.nodes.count
      locals = Array(repeating: .none, count: max(1, isKnown ? body.arity(of: body.type(of: operand)) : 1))
    }
    if hasPositions { appendPosition(of: id, of: body, indentation: indentation) }
    for (index, local) in locals.enumerated() {
      beginItem(indentation: indentation, isInline: isInline || index > 0)
      if local.isNone {
        text.appendText("(drop")
      } else {
        text.appendText("(local.set")
        append(local, of: body)
      }
    }
    push(
      PrinterFrame(
        id, .plain, count: 1, closers: locals.count, indentation: indentation + 2,
        isInline: isInline || isShort(id, of: body)))
  }

  /// Appends a hint as an annotation in front of the instruction.
  mutating func appendBranchHint(of id: NodeID, of body: borrowing Body, indentation: Int, isInline: Bool) {
    guard !body.branchHints.isEmpty, let isLikely = body.branchHints[id] else { return }
    beginItem(indentation: indentation, isInline: isInline)
    text.appendText(#"(@metadata.code.branch_hint "\0"#)
    text.append(isLikely ? 0x31 : 0x30)
    text.appendText(#"")"#)
  }

  /// Whether a node with all below it is small enough for one line: at most four nodes, none of them a construct.
  private mutating func isShort(_ id: NodeID, of body: borrowing Body) -> Bool {
    pending.removeAll()
    pending.append(id)
    var seen = 0
    while !pending.isEmpty {
      let node = pending.popLast()
      let count = body.operandCount(of: node)
      if count > 4 { return false }
      for position in 0..<count {
        let operand = body.operand(position, of: node)
        if operand.isNone { continue }
        seen += 1
        if seen > 4 || operand.index >= body.nodes.count { return false }
        switch infos[Int(body.opcode(of: operand).rawValue)].shape {
        case .block, .loop, .if, .try, .tryTable, .keep: return false
        default:
          if hasPositions && !continuesPosition(operand, of: body) { return false }
          pending.append(operand)
        }
      }
    }
    return true
  }
}

/// "(" and the mnemonic of each opcode, in memory that lives as long as the program.
struct Mnemonics: @unchecked Sendable {
  // Unchecked: written once, before it is shared.
  private let bytes: UnsafePointer<UInt8>
  private let starts: UnsafePointer<Int32>

  static let shared = Mnemonics()

  private init() {
    var text: [UInt8] = []
    let starts = UnsafeMutablePointer<Int32>.allocate(capacity: OpcodeTable.rows.count + 1)
    for (index, row) in OpcodeTable.rows.enumerated() {
      (starts + index).initialize(to: Int32(text.count))
      text += "(\(row.mnemonic)".utf8
    }
    (starts + OpcodeTable.rows.count).initialize(to: Int32(text.count))
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
    bytes.initialize(from: text, count: text.count)
    self.bytes = UnsafePointer(bytes)
    self.starts = UnsafePointer(starts)
  }

  @inline(__always)
  func append(_ opcode: Opcode, to text: inout Column<UInt8>) {
    let index = Int(opcode.rawValue)
    let start = Int(starts[index])
    text.append(contentsOf: UnsafeBufferPointer(start: bytes + start, count: Int(starts[index + 1]) - start))
  }
}
