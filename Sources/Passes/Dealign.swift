import IR
import PassManager

/// Promises of no access to memory that its address is aligned.
///
///     (i32.load offset=4 (local.get $x))    ->    (i32.load offset=4 align=1 (local.get $x))
///
/// Atomic accesses have to be aligned and stay as they are. Linear.
struct Dealign: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      let info = body.info(of: id)
      switch info.shape {
      case .load, .store, .loadLane, .storeLane: break
      default: return id
      }
      if info.code >> 16 == 0xfe { return id }
      var record = body.nodes[id.index]
      var memarg = body.memarg(record.c)
      if memarg.alignment == 0 { return id }
      memarg.alignment = 0
      switch body[id] {
      case .loadLane(let node), .storeLane(let node): record.c = body.pack(memarg, lane: node.lane)
      default: record.c = body.pack(memarg)
      }
      body.replace(id, with: record)
      return id
    }
  }
}
