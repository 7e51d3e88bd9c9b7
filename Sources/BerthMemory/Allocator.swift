import CLinux

/// glibc's malloc, set so that freed memory goes back to the kernel (docs/decisions, 11).
package enum Allocator {
    /// An arena for the loop and one for the database's thread, and a fixed threshold for mapped blocks:
    /// first thing in `main`, before any thread.
    ///
    /// With one arena the two wait for each other's lock (10 % of the samples under load); the second
    /// costs no memory that could be measured.
    package static func configure() {
        mallopt(M_ARENA_MAX, 2)
        mallopt(M_MMAP_THRESHOLD, 128 << 10)
    }

    /// Returns free pages to the kernel: about 4 ms after heavy work, 0.06 ms when there are none.
    package static func trim() { malloc_trim(0) }
}
