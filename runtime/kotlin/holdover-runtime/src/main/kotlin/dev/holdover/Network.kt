package dev.holdover

import kotlin.time.Duration

/** How good the network is held to be, by the app's own traffic (rule H1). From bad to good. */
public enum class Quality {
    /** Nothing is known yet. */
    UNSPECIFIED,

    /** There is none. */
    OFFLINE,

    /** Requests take several seconds. */
    VERY_POOR,

    /** Requests take seconds, or little comes in a second. */
    POOR,

    /** It works, noticeably. */
    MODERATE,

    /** Nobody notices it. */
    GOOD,
}

/**
 * What the platform knows of the network. The app tells it by [Runtime.setPlatform], on Android from a
 * `ConnectivityManager.NetworkCallback`.
 *
 * @property reachability Whether anything can be reached.
 * @property connection What connects the device.
 * @property path Another number for another network: connections of the one before are not trusted any more.
 * @property savesData The user wants to save data.
 */
public data class Platform(
    public val reachability: Reachability = Reachability.UNKNOWN,
    public val connection: Connection = Connection.UNKNOWN,
    public val path: Long = 0,
    public val savesData: Boolean = false,
) {
    /** Whether anything can be reached. */
    public enum class Reachability {
        /** The platform does not say. */
        UNKNOWN,

        /** There is a way out. */
        REACHABLE,

        /** There is none. */
        UNREACHABLE,
    }

    /** What connects the device. */
    public enum class Connection {
        /** The platform does not say. */
        UNKNOWN,

        /** A cable. */
        ETHERNET,

        /** A wireless network nearby. */
        WIFI,

        /** A mobile network of the second generation. */
        CELLULAR_2G,

        /** Of the third. */
        CELLULAR_3G,

        /** Of the fourth. */
        CELLULAR_4G,

        /** Of the fifth. */
        CELLULAR_5G,

        /** Another device, by Bluetooth. */
        BLUETOOTH,
    }
}

/**
 * What the app has measured of the network by itself (rule H3). What is null was not measured.
 *
 * @property requestTime How long a small request takes.
 * @property downlinkKbps How much comes in a second, in kilobits.
 */
public data class Estimate(public val requestTime: Duration? = null, public val downlinkKbps: Int? = null)

/** Whether somebody sees the app. */
public enum class AppState {
    /** Somebody does. */
    FOREGROUND,

    /** Nobody does: after a grace period, nothing happens by itself. */
    BACKGROUND,
}
