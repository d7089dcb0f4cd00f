/// Whose answers and credentials they are.
public enum Account: Sendable, Hashable {
    /// Nobody is signed in.
    case guest
    /// A signed-in user, by an id that is stable and unique within the app.
    case user(String)
}
