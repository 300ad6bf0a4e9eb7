import IR
import Support

/// Stands for a value: two that have the same number are the same wherever both exist.
@frozen public struct ValueNumber: Hashable, BitwiseCopyable, Sendable {
  /// Up to 32 bits: a `LocalValue`. Above: bits of a constant, with its kind above them.
  let rawValue: UInt64

  /// Of what has not been found out.
  static let unknown = ValueNumber(rawValue: .max)

  init(rawValue: UInt64) { self.rawValue = rawValue }
  init(_ value: LocalValue) { rawValue = UInt64(value.rawValue) }
  init(kind: UInt64, bits: UInt32) { rawValue = kind << 32 | UInt64(bits) }
}

/// Numbers of the values of a `LocalGraph`: copies have the number of what they copy, constants that of their bits, a
/// phi to which only one number comes has that one.
///
/// Phis are first taken for what comes to them on ways that have been looked at, so that a copy of a value to itself in a
/// loop is nothing new (Click, "Combining analyses, combining optimizations", 1995, 4.4, by sweeps over the blocks). That
/// takes a few sweeps over copies and phis; if it takes more, phis are values of their own. Near-linear; 8 bytes for each
/// value.
package struct ValueNumbers: ~Copyable {
  private static let sweepLimit = 8

  private var numbers = Column<ValueNumber>()
  private var constants = ConstantNumbers()
  /// Copies and phis in the order of the blocks.
  private var equations = Column<Equation>()

  private struct Equation: BitwiseCopyable {
    let value: LocalValue
    /// What is copied; `none` for a phi.
    let source: LocalValue
  }

  package init(
    of values: borrowing LocalGraph, in body: borrowing Body, _ flow: borrowing ControlFlowGraph
  ) {
    for index in 0..<values.valueCount { numbers.append(ValueNumber(LocalValue(index))) }
    for index in body.parameterCount..<max(body.parameterCount, body.localCount) {
      numbers[index] = ConstantNumbers.defaultNumber(of: body.localTypes[index])
    }
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      for phi in values.phis(in: BlockID(number)) {
        numbers[values.value(ofPhi: phi).index] = .unknown
        equations.append(Equation(value: values.value(ofPhi: phi), source: .none))
      }
      for index in flow.accessRange(of: BlockID(number)) where flow.accesses[index].isWrite {
        let value = values.value(writtenBy: index)
        switch body.assignedValue(of: index, in: flow, values) {
        case .copy(let source):
          numbers[value.index] = .unknown
          equations.append(Equation(value: value, source: source))
        case .constant(let node): numbers[value.index] = constants.number(of: node, in: body)
        case .other: break
        }
      }
    }
    solve(values)
  }

  package subscript(value: LocalValue) -> ValueNumber { numbers[value.index] }

  private mutating func solve(_ values: borrowing LocalGraph) {
    for _ in 0..<Self.sweepLimit where !sweep(values) { return }
    for index in 0..<equations.count where equations[index].source.isNone {
      numbers[equations[index].value.index] = ValueNumber(equations[index].value)
    }
    // What is copied comes before the copy.
    for index in 0..<equations.count where !equations[index].source.isNone {
      numbers[equations[index].value.index] = numbers[equations[index].source.index]
    }
  }

  /// Returns whether anything changed.
  private mutating func sweep(_ values: borrowing LocalGraph) -> Bool {
    var hasChanged = false
    for index in 0..<equations.count {
      let equation = equations[index]
      let number = equation.source.isNone ? meet(equation.value, values) : numbers[equation.source.index]
      if number != numbers[equation.value.index] {
        numbers[equation.value.index] = number
        hasChanged = true
      }
    }
    return hasChanged
  }

  private func meet(_ value: LocalValue, _ values: borrowing LocalGraph) -> ValueNumber {
    let phi = values.phi(value)!
    var common = ValueNumber.unknown
    for index in 0..<values.operandCount(ofPhi: phi) {
      let number = numbers[values.operand(index, ofPhi: phi).index]
      if number == .unknown || number == common { continue }
      if common != .unknown { return ValueNumber(value) }
      common = number
    }
    return common
  }
}

/// Numbers of constants.
private struct ConstantNumbers {
  /// Those that 32 bits do not tell.
  private var wide: [V128: UInt32] = [:]

  /// All references to nothing are equal.
  private static let null = ValueNumber(kind: 5, bits: 0)

  static func defaultNumber(of type: ValueType) -> ValueNumber {
    switch type {
    case .i32: return ValueNumber(kind: 1, bits: 0)
    case .f32: return ValueNumber(kind: 2, bits: 0)
    case .i64: return ValueNumber(kind: 3, bits: 0)
    case .f64: return ValueNumber(kind: 4, bits: 0)
    case .v128: return ValueNumber(kind: 8, bits: 0)
    default: return null
    }
  }

  mutating func number(of id: NodeID, in body: borrowing Body) -> ValueNumber {
    switch body[id] {
    case .i32Const(let value): return ValueNumber(kind: 1, bits: UInt32(bitPattern: value))
    case .f32Const(let bits): return ValueNumber(kind: 2, bits: bits)
    case .i64Const(let value):
      if let short = Int32(exactly: value) { return ValueNumber(kind: 3, bits: UInt32(bitPattern: short)) }
      return number(ofWide: V128(low: UInt64(bitPattern: value), high: 0), kind: 6)
    case .f64Const(let bits):
      if bits & 0xffff_ffff == 0 { return ValueNumber(kind: 4, bits: UInt32(bits >> 32)) }
      return number(ofWide: V128(low: bits, high: 0), kind: 7)
    case .v128Const(let value):
      if value == V128(low: 0, high: 0) { return ValueNumber(kind: 8, bits: 0) }
      return number(ofWide: value, kind: 9)
    case .refNull: return Self.null
    default: preconditionFailure("no constant")
    }
  }

  private mutating func number(ofWide value: V128, kind: UInt64) -> ValueNumber {
    if let known = wide[value] { return ValueNumber(kind: kind, bits: known) }
    let bits = UInt32(wide.count)
    wide[value] = bits
    return ValueNumber(kind: kind, bits: bits)
  }
}
