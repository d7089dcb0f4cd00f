package dev.holdover

/** Whose answers and credentials they are. */
public sealed interface Account {
    /** Nobody is signed in. */
    public data object Guest : Account

    /**
     * A signed-in user.
     *
     * @property id Stable, and unique within the app.
     */
    public data class User(public val id: String) : Account {
        /** Without the id: it stands in no log. */
        override fun toString(): String = "User"
    }

    public companion object {
        /** Nobody is signed in. */
        @JvmField
        public val guest: Account = Guest

        /** A signed-in user, by an id that is stable and unique within the app. */
        @JvmStatic
        public fun user(id: String): Account = User(id)
    }
}

/** What becomes of parked calls when their account signs out. */
public enum class OutboxChoice {
    /** They are deleted. */
    DISCARD,

    /** They wait until the account signs in again. */
    HOLD,
}
