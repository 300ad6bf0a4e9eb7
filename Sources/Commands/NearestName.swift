import Support

/// The name that a person most likely meant by `word`: the one with the fewest letters to change; nil if there are none.
///
/// Cost: the length of the word (at most 80 characters of it) times that of all names.
package func nearestName(to word: String, among names: [String]) -> String? {
  let word = Array(word.utf8.prefix(80))
  return names.map { (name: $0, distance: editDistance(word, Array($0.utf8))) }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}
