import IR

/// The proposal that a word of type expressions belongs to, if it is one of a proposal.
func proposalOfType(_ word: String) -> String? {
  switch word {
  case "exact", "descriptor", "describes": return "custom-descriptors"
  case "cont", "contref", "nocont", "nullcontref": return "stack-switching"
  case "string", "stringref", "stringview_wtf16": return "strings"
  case "waitqueue", "nowaitqueue": return "shared-everything"
  default: return nil
  }
}

/// The instruction that a misspelt or renamed one most likely stands for: the one with the least changes of letters, if
/// they are at most a third of it.
func nearestMnemonic(to word: String) -> String? {
  guard word.utf8.count <= 60 else { return nil }
  var best: (distance: Int, mnemonic: String)?
  for spelling in [word, withHalvesSwapped(word)] {
    let letters = Array(spelling.utf8)
    for mnemonic in OpcodeTable.rows.lazy.filter({ $0.code != .max }).map(\.mnemonic) {
      let distance = editDistance(letters, Array(mnemonic.utf8))
      if distance < best?.distance ?? max(2, letters.count / 3 + 1) { best = (distance, mnemonic) }
    }
  }
  return best?.mnemonic
}

/// `get_local` was renamed to `local.get`, and others likewise.
private func withHalvesSwapped(_ word: String) -> String {
  guard let underscore = word.firstIndex(of: "_") else { return word }
  return word[word.index(after: underscore)...] + "." + word[..<underscore]
}

/// The least number of letters to insert, remove or replace (Wagner and Fischer, "The string-to-string correction
/// problem", 1974). Quadratic: for short words.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (index, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in 0..<right.count {
      let replaced = diagonal + (letter == right[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
    }
  }
  return row[right.count]
}
