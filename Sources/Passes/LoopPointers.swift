import Analysis
import IR
import PassManager
import Support

/// Counts an address up, instead of an index that an address is computed from each time.
///
///     (local.set $i (i32.const 0))                       (local.set $q (local.get $p))
///     (loop $again                                       (local.set $end
///       (call $f                                           (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 2))))
///         (i32.load                                      (loop $again
///           (i32.add                                       (call $f (i32.load (local.get $q)))
///             (local.get $p)                        ->     (br_if $again
///             (i32.shl (local.get $i) (i32.const 2)))))      (i32.ne
///       (br_if $again                                          (local.tee $q
///         (i32.ne                                                (i32.add (local.get $q) (i32.const 4)))
///           (local.tee $i                                      (local.get $end))))
///             (i32.add (local.get $i) (i32.const 1)))
///           (local.get $n))))
///
/// The address comes to its end when the index does, if neither wraps around: here, $n must be known to be smaller than
/// 2^30, and not 0 by a condition on the way to the loop. Nothing else may read the index.
///
/// This is strength reduction with linear function test replacement (Allen, Cocke and Kennedy, "Reduction of operator
/// strength", 1981) where one address is all that the index is for. Near-linear.
struct LoopPointers: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let tests = LoopTests(in: body)
    if tests.count == 0 { return }
    let flow = ControlFlowGraph(of: body)
    let values = CountedValues(in: body, flow)
    var indexes = IndexSearch(tests, values, flow, in: body)
    if indexes.isEmpty { return }
    indexes.noteReads(values, flow, in: body)
    indexes.reject(values, flow, in: body)
    indexes.replace(flow, in: &body)
  }
}

/// The indexes that end loops, and the addresses that may take their place.
private struct IndexSearch: ~Copyable {
  private struct Index: BitwiseCopyable {
    let test: LoopTest
    let phi: LocalValue
    let header: BlockID
    /// The access that counts.
    let write: Int
    /// Of the address: how far the index is shifted, and what it is added to; none before the first has been met.
    var shift: Int32 = 0
    var base = LocalValue.none
    var baseLocal = LocalID.none
    /// The last read of the index in an address; -1 for none.
    var lastRead: Int32 = -1
    /// Instructions that are saved, by how often they run; and bytes.
    var gain: Float = 0
    var savedByteCount = 0
    var isRejected = false
  }

  private struct Address: BitwiseCopyable {
    let sum: NodeID
    let base: NodeID
    let shift: Int32
  }

  private let surroundings: Surroundings
  private var indexes = Column<Index>()
  /// By value, of phis: the index that it is; -1 for none.
  private var numbers = Column<Int32>()
  /// By access: the read of the same index before it.
  private var previousReads = Column<Int32>()

  var isEmpty: Bool { indexes.isEmpty }

  // MARK: Indexes

  /// Finds those that begin with 0, are counted by 1, and end with a number that is known not to be 0.
  init(
    _ tests: borrowing LoopTests, _ values: borrowing CountedValues, _ flow: borrowing ControlFlowGraph,
    in body: borrowing Body
  ) {
    surroundings = Surroundings(in: body)
    numbers.resize(to: values.graph.valueCount, filling: -1)
    for number in 0..<tests.count {
      let test = tests[number]
      guard let phi = Self.phi(of: test, values, flow, in: body) else { continue }
      let (value, header) = (values.graph.value(ofPhi: phi), values.graph.block(ofPhi: phi))
      // It is the loop around the test that counts.
      guard numbers[value.index] < 0, flow.loopDepth(of: header) == test.depth,
        let (step, write) = values.step(ofPhi: phi, flow, in: body), step == 1
      else { continue }
      let end = values.value(at: test.end, in: body)
      guard values.isThere(end, before: header, flow),
        Self.endIsPositive(test, end, surroundings, values, flow, in: body)
      else { continue }
      numbers[value.index] = Int32(indexes.count)
      indexes.append(Index(test: test, phi: value, header: header, write: write))
    }
  }

  /// The phi whose next value only the test sees, and which begins with 0.
  private static func phi(
    of test: LoopTest, _ values: borrowing CountedValues, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> Int? {
    let next = values.value(at: test.counted, in: body)
    guard let assignment = values.assignment(of: next, flow, in: body) else { return nil }
    let (write, test) = (values.access(at: assignment), values.access(at: test.counted))
    // A tee that is not the one in the test gives its value to something else.
    guard write == test || body.opcode(of: assignment) == .localSet && write < test, write > 0,
      values.readCounts[next.index] == (write == test ? 0 : 1), values.phiCounts[next.index] == 1,
      !values.graph.value(readBy: write - 1).isNone,
      let phi = values.graph.phi(values.graph.value(readBy: write - 1)), values.back(ofPhi: phi, flow) == next,
      values.phiCounts[values.graph.value(ofPhi: phi).index] == 0, values.graph.operandCount(ofPhi: phi) == 2,
      let start = values.assignment(of: values.graph.operand(0, ofPhi: phi), flow, in: body),
      case .i32Const(0) = body[body.localValue(of: start)]
    else { return nil }
    return phi
  }

  private static func endIsPositive(
    _ test: LoopTest, _ end: LocalValue, _ surroundings: borrowing Surroundings, _ values: borrowing CountedValues,
    _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> Bool {
    if surroundings.minimum(of: end, at: test.loop, values, in: body) >> UInt32(test.endShift) > 0 { return true }
    // Of (i32.shr_u $x $s) if $x is large enough.
    guard test.endShift == 0, let assignment = values.assignment(of: end, flow, in: body),
      case .binary(let node) = body[body.localValue(of: assignment)], node.opcode == .i32ShrU,
      case .i32Const(let count) = body[node.right], body.isGetOrTee(node.left)
    else { return false }
    let shifted = values.value(at: node.left, in: body)
    if shifted.isNone { return false }
    return surroundings.minimum(of: shifted, at: test.loop, values, in: body) >> UInt32(count & 31) > 0
  }

  // MARK: Addresses

  /// Finds what reads the indexes: nothing but addresses may.
  mutating func noteReads(
    _ values: borrowing CountedValues, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) {
    previousReads.resize(to: flow.accesses.count, filling: -1)
    let frequencies = BlockFrequencies(of: flow)
    for block in 0..<flow.blockCount {
      for access in flow.accessRange(of: BlockID(block)) where !flow.accesses[access].isWrite {
        let value = values.graph.value(readBy: access)
        if value.isNone || numbers[value.index] < 0 { continue }
        let number = Int(numbers[value.index])
        if access == indexes[number].write - 1 { continue }
        note(access, of: number, frequencies[BlockID(block)], values, flow, in: body)
      }
    }
    for number in 0..<indexes.count {
      // In front of the loop the end is computed.
      let entry = flow.predecessor(0, of: indexes[number].header)
      indexes[number].gain -= frequencies[entry] * (indexes[number].shift > 0 ? 6 : 4)
    }
  }

  private mutating func note(
    _ access: Int, of number: Int, _ frequency: Float, _ values: borrowing CountedValues,
    _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) {
    guard let address = address(of: flow.accesses[access].node, in: body) else {
      indexes[number].isRejected = true
      return
    }
    let base = values.value(at: address.base, in: body)
    if indexes[number].lastRead < 0 {
      indexes[number].shift = address.shift
      indexes[number].base = base
      indexes[number].baseLocal = body.local(of: address.base)
    }
    let index = indexes[number]
    if base != index.base || address.shift != index.shift || !values.isThere(base, before: index.header, flow) {
      indexes[number].isRejected = true
      return
    }
    previousReads[access] = index.lastRead
    indexes[number].lastRead = Int32(access)
    indexes[number].gain += frequency * (index.shift > 0 ? 4 : 2)
    indexes[number].savedByteCount += index.shift > 0 ? 6 : 3
  }

  /// The sum that an index is part of.
  private func address(of index: NodeID, in body: borrowing Body) -> Address? {
    var (node, shift) = (index, Int32(0))
    if case .binary(let shifted) = body[surroundings.parent(of: index)], shifted.opcode == .i32Shl,
      shifted.left == index, case .i32Const(let count) = body[shifted.right]
    {
      node = surroundings.parent(of: index)
      shift = count & 31
    }
    let parent = surroundings.parent(of: node)
    guard case .binary(let sum) = body[parent], sum.opcode == .i32Add else { return nil }
    let base = sum.left == node ? sum.right : sum.left
    return body.opcode(of: base) == .localGet ? Address(sum: parent, base: base, shift: shift) : nil
  }

  /// Rejects the indexes whose addresses might wrap around, and those where that would not pay.
  mutating func reject(
    _ values: borrowing CountedValues, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) {
    for number in 0..<indexes.count {
      let index = indexes[number]
      let end = values.value(at: index.test.end, in: body)
      let width = values.width(of: end, flow, in: body) - Int(index.test.endShift)
      // The end is made in front of the loop, and takes a local.
      let growth = (index.shift > 0 ? 12 : 9) - index.savedByteCount
      if index.lastRead < 0 || width > min(31, 32 - Int(index.shift)) || index.gain <= Float(max(0, growth)) {
        indexes[number].isRejected = true
      }
    }
  }

  // MARK: Changes

  mutating func replace(_ flow: borrowing ControlFlowGraph, in body: inout Body) {
    // By loop: what comes in front of it.
    var starts: [NodeID: [NodeID]] = [:]
    for number in 0..<indexes.count where !indexes[number].isRejected {
      let index = indexes[number]
      let (pointer, end) = (body.makeLocal(.i32), body.makeLocal(.i32))
      starts[index.test.loop, default: []] += makeStart(of: index, pointer, end, in: &body)
      var read = Int(index.lastRead)
      while read >= 0 {
        let get = body.makeLocalGet(pointer)
        if let address = address(of: flow.accesses[read].node, in: body) {
          body.replace(address.sum, with: body.nodes[get.index])
        }
        read = Int(previousReads[read])
      }
      count(index, pointer, end, flow, in: &body)
    }
    if starts.isEmpty { return }
    body.rewriteBottomUp { body, id in
      guard body.opcode(of: id) == .loop, let items = starts[id] else { return id }
      return body.makeBlock(items + [id], type: body.type(of: id))
    }
  }

  private func makeStart(of index: Index, _ pointer: LocalID, _ end: LocalID, in body: inout Body) -> [NodeID] {
    let start = body.makeLocalSet(pointer, body.makeLocalGet(index.baseLocal))
    var count = body.makeLocalGet(body.local(of: index.test.end))
    if index.test.endShift > 0 {
      count = body.makeBinary(.i32ShrU, count, body.makeI32Const(index.test.endShift))
    }
    if index.shift > 0 { count = body.makeBinary(.i32Shl, count, body.makeI32Const(index.shift)) }
    let sum = body.makeBinary(.i32Add, body.makeLocalGet(index.baseLocal), count)
    return [start, body.makeLocalSet(end, sum)]
  }

  /// Makes the loop count the pointer, and end with it.
  private func count(
    _ index: Index, _ pointer: LocalID, _ end: LocalID, _ flow: borrowing ControlFlowGraph, in body: inout Body
  ) {
    let sum = body.makeBinary(.i32Add, body.makeLocalGet(pointer), body.makeI32Const(1 << index.shift))
    let assignment = flow.accesses[index.write].node
    let isTee = body.opcode(of: assignment) == .localTee
    let counting = isTee ? body.makeLocalTee(pointer, sum) : body.makeLocalSet(pointer, sum)
    body.replace(assignment, with: body.nodes[counting.index])
    let next = assignment == index.test.counted ? assignment : body.makeLocalGet(pointer)
    let test = body.makeBinary(index.test.leaves ? .i32Eq : .i32Ne, next, body.makeLocalGet(end))
    body.replace(index.test.node, with: body.nodes[test.index])
  }
}
