import Support

// The contents of files and streams.

extension System {
  func fdRead(_ call: GuestCall) throws(Errno) {
    let descriptor = try descriptors[call.u32(0)]
    let buffers = try call.memory.buffers(at: call.address(1), count: call.u32(2))
    try call.memory.check(call.address(3), count: 4)
    var count = 0
    switch descriptor.content {
    case .input(nil): break
    case .input(.some(let number)): count = try calling { readv(number, buffers, Int32(buffers.count)) }
    case .output: throw .badf
    case .file(let file), .directory(let file):
      count = try calling { readv(file.number, buffers, Int32(buffers.count)) }
    }
    try call.memory.store(UInt32(count), at: call.address(3))
  }

  func fdWrite(_ call: GuestCall) throws(Errno) {
    let descriptor = try descriptors[call.u32(0)]
    let buffers = try call.memory.buffers(at: call.address(1), count: call.u32(2))
    try call.memory.check(call.address(3), count: 4)
    var count = 0
    switch descriptor.content {
    case .input: throw .badf
    case .output(let sink):
      for buffer in buffers {
        if let errno = sink.write(UnsafeRawBufferPointer(start: buffer.iov_base, count: buffer.iov_len)) { throw errno }
        count += buffer.iov_len
      }
    case .file(let file), .directory(let file):
      count = try calling { writev(file.number, buffers, Int32(buffers.count)) }
    }
    try call.memory.store(UInt32(count), at: call.address(3))
  }

  func fdPread(_ call: GuestCall) throws(Errno) {
    try transfer(call) { file, buffers, offset in preadv(file, buffers, Int32(buffers.count), offset) }
  }

  func fdPwrite(_ call: GuestCall) throws(Errno) {
    try transfer(call) { file, buffers, offset in pwritev(file, buffers, Int32(buffers.count), offset) }
  }

  private func transfer(_ call: GuestCall, _ systemCall: (Int32, [iovec], off_t) -> Int) throws(Errno) {
    let file = try seekable(call.u32(0))
    let buffers = try call.memory.buffers(at: call.address(1), count: call.u32(2))
    try call.memory.check(call.address(4), count: 4)
    let offset = try offset(call.u64(3))
    let count = try calling { systemCall(file.number, buffers, offset) }
    try call.memory.store(UInt32(count), at: call.address(4))
  }

  /// The file that a descriptor stands for; throws `spipe` if it is a stream.
  private func seekable(_ number: UInt32) throws(Errno) -> HostFile {
    guard let file = try descriptors[number].file else { throw .spipe }
    return file
  }

  /// An offset or size that the system takes.
  private func offset(_ number: UInt64) throws(Errno) -> off_t {
    guard let offset = off_t(exactly: number) else { throw .inval }
    return offset
  }

  func fdSeek(_ call: GuestCall) throws(Errno) {
    let origins = [SEEK_SET, SEEK_CUR, SEEK_END]
    guard call.u32(2) < origins.count else { throw .inval }
    try seek(call, by: off_t(truncatingIfNeeded: call.u64(1)), from: origins[Int(call.u32(2))], result: call.address(3))
  }

  func fdTell(_ call: GuestCall) throws(Errno) { try seek(call, by: 0, from: SEEK_CUR, result: call.address(1)) }

  private func seek(_ call: GuestCall, by distance: off_t, from origin: Int32, result: UInt64) throws(Errno) {
    let file = try seekable(call.u32(0))
    try call.memory.check(result, count: 8)
    let position = try calling { lseek(file.number, distance, origin) }
    try call.memory.store(UInt64(position), at: result)
  }

  // MARK: Sizes and the disk

  func fdFilestatSetSize(_ call: GuestCall) throws(Errno) {
    guard let file = try descriptors[call.u32(0)].file else { throw .inval }
    let size = try offset(call.u64(1))
    try calling { ftruncate(file.number, size) }
  }

  /// Makes the file as large as the range needs; whether blocks are reserved is for the file system to say.
  func fdAllocate(_ call: GuestCall) throws(Errno) {
    guard let file = try descriptors[call.u32(0)].file else { throw .spipe }
    let (end, overflow) = call.u64(1).addingReportingOverflow(call.u64(2))
    if overflow || call.u64(2) == 0 { throw .inval }
    let size = try offset(end)
    if try file.status().st_size < size { try calling { ftruncate(file.number, size) } }
  }

  /// Advice is checked and not taken.
  func fdAdvise(_ call: GuestCall) throws(Errno) {
    guard try descriptors[call.u32(0)].file != nil else { throw .spipe }
    if call.u32(3) > 5 { throw .inval }
  }

  func fdSync(_ call: GuestCall) throws(Errno) {
    guard let file = try descriptors[call.u32(0)].file else { throw .inval }
    try calling { fsync(file.number) }
  }

  /// As `fd_sync`, which does no less.
  func fdDatasync(_ call: GuestCall) throws(Errno) { try fdSync(call) }
}
