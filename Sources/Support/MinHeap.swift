/// A priority queue of numbers, least first. Log n for each change; equal numbers come in no order of their own.
public struct MinHeap: ~Copyable {
  private var items = Column<UInt64>()

  public init() {}

  public var isEmpty: Bool { items.isEmpty }
  /// The least number; the heap must not be empty.
  public var first: UInt64 { items[0] }

  public mutating func push(_ item: UInt64) {
    items.append(item)
    var place = items.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      if items[parent] <= item { break }
      items[place] = items[parent]
      place = parent
    }
    items[place] = item
  }

  /// Removes and returns the least number; the heap must not be empty.
  public mutating func pop() -> UInt64 {
    let result = items[0]
    let item = items.popLast()
    if items.isEmpty { return result }
    var place = 0
    while true {
      var child = 2 * place + 1
      if child >= items.count { break }
      if child + 1 < items.count && items[child + 1] < items[child] { child += 1 }
      if item <= items[child] { break }
      items[place] = items[child]
      place = child
    }
    items[place] = item
    return result
  }
}
