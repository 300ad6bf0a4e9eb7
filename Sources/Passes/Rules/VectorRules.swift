import IR

/// Vectors.
enum VectorRules {
  static let rules: [Rule] = [
    Rule("~~x -> x", at: .v128Not) { body, site, _ in body.operand(of: site.left, .v128Not) },
    Rule("x & ~y -> andnot x y", at: .v128And) { body, site, facts in
      if let y = body.operand(of: site.right, .v128Not) { return body.makeBinary(.v128Andnot, site.left, y) }
      guard let x = body.operand(of: site.left, .v128Not), facts.mayReorder(x, site.right, in: body) else { return nil }
      return body.makeBinary(.v128Andnot, site.right, x)
    },
    Rule("andnot x ~y -> x & y", at: .v128Andnot) { body, site, _ in
      guard let y = body.operand(of: site.right, .v128Not) else { return nil }
      return body.makeBinary(.v128And, site.left, y)
    },
    Rule("x &v x -> x", at: .v128And, .v128Or) { body, site, facts in
      facts.areEqual(site.left, site.right, in: body) ? site.left : nil
    },
  ]
}
