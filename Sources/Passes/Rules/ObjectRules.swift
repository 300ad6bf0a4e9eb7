import Analysis
import IR

/// Structures and arrays made of default values, and numbers in references.
extension ReferenceRules {
  static let objectRules: [Rule] = [
    Rule("struct.new 0 0 -> struct.new_default", at: .structNew) { body, site, _ in
      guard case .structNew(let node) = body[site.id], !node.fields.isEmpty,
        (0..<node.fields.count).allSatisfy({ isDefault(body[node.fields, $0], in: body) })
      else { return nil }
      return body.append(NodeRecord(.structNewDefault, body.type(of: site.id), a: node.type.rawValue))
    },
    Rule("array.new 0 x -> array.new_default x", at: .arrayNew) { body, site, _ in
      guard case .arrayNew(let node) = body[site.id], isDefault(node.value, in: body) else { return nil }
      return body.append(
        NodeRecord(.arrayNewDefault, body.type(of: site.id), a: node.count.rawValue, b: node.type.rawValue))
    },
    Rule("array.new_fixed 0 0 -> array.new_default 2", at: .arrayNewFixed) { body, site, _ in
      guard case .arrayNewFixed(let node) = body[site.id], node.values.count > 0,
        (0..<node.values.count).allSatisfy({ isDefault(body[node.values, $0], in: body) })
      else { return nil }
      let count = body.makeI32Const(Int32(node.values.count))
      return body.append(
        NodeRecord(.arrayNewDefault, body.type(of: site.id), a: count.rawValue, b: node.type.rawValue))
    },
    Rule("i31.get(ref.i31 x) -> x, bits of x within 31", at: .i31GetS, .i31GetU) { body, site, facts in
      guard let x = body.operand(of: site.left, .refI31) else { return nil }
      let known = facts.bits(of: x, in: body)
      let isKept = site.opcode == .i31GetS ? known.signBits >= 2 : known.possible >> 31 == 0
      return isKept ? x : nil
    },
  ]

  /// Whether the node is zero or null, as a constant.
  private static func isDefault(_ id: NodeID, in body: borrowing Body) -> Bool {
    let record = body.nodes[id.index]
    switch record.opcode {
    case .i32Const, .i64Const, .f32Const, .f64Const: return record.a == 0 && record.b == 0
    case .v128Const:
      guard case .v128Const(let value) = body[id] else { return false }
      return value == V128(low: 0, high: 0)
    case .refNull: return true
    default: return false
    }
  }
}
