import BerthLoop

extension Connection {
}
