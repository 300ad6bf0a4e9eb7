import IR
import Support

/// What running a subtree comes to.
package struct Estimate: BitwiseCopyable {
  /// A branch counts wherever it goes.
  package var effects = Effects.none
  /// In simple instructions such as an addition, if all of it runs. Reading constants and locals costs nothing. The
  /// weights are after those of Binaryen's cost analysis.
  package var cost = 0
  /// Control does not come out of some part.
  package var diverges = false
}

extension Body {
  /// Looks at the nodes of a subtree; nil if there are more than `limit`.
  package func estimate(of top: NodeID, limit: Int) -> Estimate? {
    var estimate = Estimate()
    var count = 1
    var pending = [top]
    while let id = pending.popLast() {
      estimate.effects.formUnion(Effects(of: id, in: self))
      if opcode(of: id) == .loop { estimate.effects.flags.insert(.mayNotReturn) }
      estimate.cost += ownCost(of: id)
      if type(of: id) == .unreachable { estimate.diverges = true }
      count += operandCount(of: id)
      if count > limit { return nil }
      forEachOperand(of: id) { pending.append($0) }
    }
    return estimate
  }

  /// What the node costs once its operands are there.
  private func ownCost(of id: NodeID) -> Int {
    let info = info(of: id)
    switch info.shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .localGet, .nop, .drop, .block,
      .keep, .tupleMake, .payload:
      return 0
    case .binary, .unary: return Self.cost(of: opcode(of: id))
    case .call, .callRef: return 4
    case .callIndirect: return 6
    case .rmw, .cmpxchg, .atomicWait, .atomicFence: return 10
    case .structNew, .structNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed, .arrayNewData, .arrayNewElem:
      return 4 + operandCount(of: id)
    case .refTest, .refCast, .brOnCast: return 2
    case .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .tableGrow, .tableFill, .tableCopy, .tableInit, .arrayFill,
      .arrayCopy, .arrayInitData, .arrayInitElem:
      return 100
    default: return 1
    }
  }

  private static func cost(of opcode: Opcode) -> Int {
    switch opcode {
    case .i32Mul, .i64Mul: return 2
    case .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU: return 4
    case .f32Div, .f64Div: return 3
    case .f32Sqrt, .f64Sqrt: return 4
    default: return 1
    }
  }
}
