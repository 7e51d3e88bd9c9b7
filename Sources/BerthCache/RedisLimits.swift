package import BerthMemory

/// The deadlines, pauses and sizes for Redis.
package struct RedisLimits: Equatable, Sendable {
    /// The limit for connecting, including login and the choice of the database.
    package var connect = Duration.seconds(1)
    /// The limit for one answer.
    ///
    /// A server that exceeds it counts as away.
    ///
    /// A healthy local server needs well under a millisecond.
    package var command = Duration.milliseconds(50)
    /// The first pause before connecting again, which doubles with each failure.
    package var firstPause = Duration.milliseconds(100)
    /// The longest pause before connecting again.
    ///
    /// A connection that holds longer than this resets the pauses.
    package var longestPause = Duration.seconds(5)
    /// The time without attempts to write after the server has refused a write.
    package var writePause = Duration.seconds(1)
    /// The most commands that may wait for their answers.
    ///
    /// The next fails at once.
    package var waiting = 1_024
    /// The most bytes of those commands.
    ///
    /// The next command fails at once.
    package var waitingBytes = ByteCount.mebibytes(4)
    /// The largest value that is read or written.
    package var value = ByteCount.mebibytes(1)
    /// The most elements of an answer, those of the lists within it included.
    package static let elements = 1_000
    /// The most bytes of an incomplete answer, and of the strings of any answer.
    ///
    /// The connection to a server that sends more is closed.
    package var reply: ByteCount { value + .kibibytes(64) }

    /// Makes the default limits.
    package init() {}

    /// The pause after the `failures`th failure in a row (1 or more).
    ///
    /// It doubles with each failure up to ``longestPause``. Chance (`random`, 0..<1) takes off up
    /// to a half.
    package func pause(after failures: Int, random: Double) -> Duration {
        let doubled = firstPause * (1 << min(max(failures - 1, 0), 16))
        return min(doubled, longestPause) * (0.5 + min(max(random, 0), 1) / 2)
    }
}
