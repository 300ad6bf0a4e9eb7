import Analysis
import IR
import PassManager
import Support

/// Loads a value again as what it is then taken for, where its bits are reinterpreted.
///
///     (local.set $x (i32.load (local.get $p)))           (local.set $y (f32.load (local.tee $q (local.get $p))))
///     (call $f (f32.reinterpret_i32 (local.get $x)))  -> (local.set $x (i32.load (local.get $q)))
///                                                        (call $f (local.get $y))
///
/// A load that is reinterpreted in place loads the other type at once. After Binaryen's pass of this name. Near-linear.
struct AvoidReinterprets: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var reinterprets = Column<NodeID>()
    body.rewriteBottomUp { body, id in
      guard case .unary(let node) = body[id], node.opcode.isReinterpretation else { return id }
      if let record = Self.load(node.operand, as: node.opcode, in: body) {
        body.replace(node.operand, with: record)
        return node.operand
      }
      if body.opcode(of: node.operand) == .localGet { reinterprets.append(id) }
      return id
    }
    if reinterprets.isEmpty { return }
    let flow = ControlFlowGraph(of: body)
    let locals = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    var twins = Twins(of: flow)
    for index in 0..<reinterprets.count { twins.look(at: reinterprets[index], locals, flow, in: &body) }
    twins.addLoads(to: &body)
  }

  /// A load in place of the reinterpretation of another; nil if there is none.
  fileprivate static func load(_ id: NodeID, as opcode: Opcode, in body: borrowing Body) -> NodeRecord? {
    let load: Opcode
    switch (body.opcode(of: id), opcode) {
    case (.i32Load, .f32ReinterpretI32): load = .f32Load
    case (.i64Load, .f64ReinterpretI64): load = .f64Load
    case (.f32Load, .i32ReinterpretF32): load = .i32Load
    case (.f64Load, .i64ReinterpretF64): load = .i64Load
    default: return nil
    }
    let record = body.nodes[id.index]
    guard body.type(of: NodeID(rawValue: record.a)).isValue else { return nil }
    return NodeRecord(load, load.info.result, a: record.a, c: record.c)
  }
}

/// Loads that are needed as another type, too.
private struct Twins: ~Copyable {
  private struct Twin: BitwiseCopyable {
    let load: NodeID
    let record: NodeRecord
    let local: LocalID
  }

  /// By node: its access.
  private var accesses = Column<UInt32>()
  /// By node that is a load: 1 + its place in `twins`.
  private var places = Column<UInt32>()
  private var twins: [Twin] = []
  /// How many copies a value is followed through.
  private static let copyLimit = 8

  init(of flow: borrowing ControlFlowGraph) {
    for index in 0..<flow.accesses.count {
      let node = flow.accesses[index].node.index
      if node >= accesses.count { accesses.resize(to: node + 1, filling: 0) }
      accesses[node] = UInt32(index)
    }
  }

  /// Reads the twin instead of reinterpreting, if the value is known to be loaded by one load.
  mutating func look(
    at id: NodeID, _ locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph, in body: inout Body
  ) {
    guard let load = source(of: body.operand(0, of: id), locals, flow, in: body),
      let record = AvoidReinterprets.load(load, as: body.opcode(of: id), in: body)
    else { return }
    if load.index >= places.count { places.resize(to: body.nodes.count, filling: 0) }
    if places[load.index] == 0 {
      twins.append(Twin(load: load, record: record, local: body.makeLocal(record.type.valueType)))
      places[load.index] = UInt32(twins.count)
    }
    let get = body.makeLocalGet(twins[Int(places[load.index]) - 1].local)
    body.replace(id, with: body.nodes[get.index])
  }

  private func source(
    of read: NodeID, _ locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> NodeID? {
    var read = read
    for _ in 0..<Self.copyLimit {
      let value = locals.value(readBy: Int(accesses[read.index]))
      guard !value.isNone, let write = locals.write(value) else { return nil }
      let set = flow.accesses[write].node
      guard body.opcode(of: set) == .localSet || body.opcode(of: set) == .localTee else { return nil }
      let source = body.localValue(of: set)
      if body.opcode(of: source) != .localGet { return source }
      read = source
    }
    return nil
  }

  /// Loads and assigns the twins where the loads are.
  func addLoads(to body: inout Body) {
    for twin in twins {
      let old = body.nodes[twin.load.index]
      let pointer = body.makeLocal(body.type(of: NodeID(rawValue: old.a)).valueType)
      let tee = body.makeLocalTee(pointer, NodeID(rawValue: old.a))
      var (first, second) = (twin.record, old)
      first.a = tee.rawValue
      second.a = body.makeLocalGet(pointer).rawValue
      let set = body.makeLocalSet(twin.local, body.append(first))
      let load = body.append(second)
      let block = body.makeBlock([set, load], type: old.type)
      body.replace(twin.load, with: body.nodes[block.index])
    }
  }
}

extension Opcode {
  fileprivate var isReinterpretation: Bool {
    switch self {
    case .f32ReinterpretI32, .f64ReinterpretI64, .i32ReinterpretF32, .i64ReinterpretF64: true
    default: false
    }
  }
}
