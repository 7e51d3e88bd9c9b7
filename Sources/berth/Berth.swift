/// The command.
@main struct Berth { static func main() {} }
