import Interpreter
import IR
import Support

/// The memory of the instance that calls, for the time of that call: every access is checked, so that a bad pointer is
/// the error `fault` and nothing else.
///
/// Addresses are 64 bits wide, so that adding to a pointer of the guest, which has 32, can't wrap.
struct GuestMemory {
  private let bytes: UnsafeMutableRawBufferPointer

  /// Memory stays where it is as long as no code of the guest runs.
  init(of caller: Instance?, in store: Store) {
    guard let caller, let memory = caller.export("memory"), case .memory = memory else {
      bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
      return
    }
    bytes = store.withMemory(memory) { $0 }
  }

  /// The bytes at an address, to read or write.
  func range(at address: UInt64, count: UInt64) throws(Errno) -> UnsafeMutableRawBufferPointer {
    guard address <= UInt64(bytes.count), count <= UInt64(bytes.count) - address else { throw .fault }
    return UnsafeMutableRawBufferPointer(rebasing: bytes[Int(address)..<Int(address + count)])
  }

  func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, at address: UInt64
  ) throws(Errno) -> Number {
    Number(littleEndian: try range(at: address, count: UInt64(MemoryLayout<Number>.size)).loadUnaligned(as: type))
  }

  func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at address: UInt64) throws(Errno) {
    let place = try range(at: address, count: UInt64(MemoryLayout<Number>.size))
    place.storeBytes(of: number.littleEndian, as: Number.self)
  }

  /// Throws if a result of `count` bytes could not be stored: asked before what can't be undone.
  func check(_ address: UInt64, count: UInt64) throws(Errno) { _ = try range(at: address, count: count) }

  /// The buffers of a list (`iovec_array`, `ciovec_array`) that one system call takes: the first 1,024 of them, and no
  /// more than a GiB. What is not taken is for the guest to ask for again.
  func buffers(at list: UInt64, count: UInt32) throws(Errno) -> [iovec] {
    var result: [iovec] = []
    var room: UInt64 = 1 << 30
    for index in 0..<UInt64(min(count, 1024)) where room > 0 {
      let start = UInt64(try load(UInt32.self, at: list + 8 * index))
      let size = UInt64(try load(UInt32.self, at: list + 8 * index + 4))
      let buffer = try range(at: start, count: size)
      let taken = min(size, room)
      room -= taken
      if taken > 0 { result.append(iovec(iov_base: buffer.baseAddress, iov_len: Int(taken))) }
    }
    return result
  }
}

/// What a function of WASI is given.
struct GuestCall {
  let memory: GuestMemory
  let arguments: [Value]

  /// The argument at a position, which is an i32.
  func u32(_ position: Int) -> UInt32 {
    guard case .i32(let number) = arguments[position] else { preconditionFailure("the signature says i32") }
    return number
  }

  /// The argument at a position, which is an i64.
  func u64(_ position: Int) -> UInt64 {
    guard case .i64(let number) = arguments[position] else { preconditionFailure("the signature says i64") }
    return number
  }

  func address(_ position: Int) -> UInt64 { UInt64(u32(position)) }

  /// The bytes whose address and number are the arguments from a position on.
  func range(_ position: Int) throws(Errno) -> UnsafeMutableRawBufferPointer {
    try memory.range(at: address(position), count: address(position + 1))
  }

  /// A path, whose address and size are the arguments from a position on.
  func path(_ position: Int) throws(Errno) -> [UInt8] { Array(try range(position)) }
}
