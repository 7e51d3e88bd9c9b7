import Glibc

/// The factor by which the processor time of `work` grows when its size grows eightfold: about 8 for
/// work in linear time, 64 if it grows with the square.
///
/// Each size is measured several times, and the least time counts, so other programs do not matter.
package func growth(from size: Int, of work: (Int) throws -> Void) throws -> Double {
    func least(_ size: Int) throws -> Int64 {
        var least = Int64.max
        for _ in 0..<5 {
            let start = processorNs
            try work(size)
            least = min(least, processorNs - start)
        }
        return max(1, least)
    }
    return Double(try least(8 * size)) / Double(try least(size))
}

private var processorNs: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
