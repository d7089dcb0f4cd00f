package dev.holdover.internal

import dev.holdover.ErrorKind
import dev.holdover.HoldoverException
import dev.holdover.HoldoverInternalApi
import java.io.File
import java.io.IOException

/** Finds and loads the native library, once per process. */
@HoldoverInternalApi
public object NativeLibrary {
    private const val NAME = "holdover_ffi"
    private const val PROPERTY = "holdover.library"
    private const val VARIABLE = "HOLDOVER_LIBRARY"

    private val outcome: Result<Unit> by lazy { runCatching { load() } }

    /** @throws HoldoverException MISUSE when it is not there, or of another version than this package. */
    public fun ensure() {
        outcome.exceptionOrNull()?.let { cause ->
            throw cause as? HoldoverException ?: HoldoverException(
                ErrorKind.MISUSE,
                "Holdover's native library cannot be loaded (${cause.message}); it is in the artifact for Android and for " +
                    "the machines that the artifact was packaged for: elsewhere build it, and give its path by the system " +
                    "property $PROPERTY or the variable $VARIABLE",
                cause = cause,
            )
        }
    }

    private fun load() {
        val chosen = System.getProperty(PROPERTY) ?: System.getenv(VARIABLE)
        if (chosen != null) {
            System.load(File(chosen).absolutePath)
        } else {
            loadInstalled()
        }
        val version = Native.abiVersion()
        if (version != Abi.VERSION) {
            throw HoldoverException(
                ErrorKind.MISUSE,
                "Holdover's native library has version $version of its boundary, and this package needs ${Abi.VERSION}; " +
                    "use both from one release",
            )
        }
    }

    /** From the app's libraries (Android) or `java.library.path`, or else from this artifact. */
    private fun loadInstalled() {
        try {
            System.loadLibrary(NAME)
        } catch (missing: UnsatisfiedLinkError) {
            val staged = stage() ?: throw missing
            System.load(staged.absolutePath)
        }
    }

    /** Copies the library for this machine out of the artifact, if it is there. */
    private fun stage(): File? {
        val file = System.mapLibraryName(NAME)
        val resource = "/dev/holdover/native/${platform()}/$file"
        val source = NativeLibrary::class.java.getResourceAsStream(resource) ?: return null
        return try {
            val copy = File.createTempFile("holdover-", "-$file")
            copy.deleteOnExit()
            source.use { from -> copy.outputStream().use { to -> from.copyTo(to) } }
            copy
        } catch (error: IOException) {
            throw HoldoverException(
                ErrorKind.MISUSE,
                "Holdover's native library cannot be copied out of its artifact (${error.message}); make the folder of " +
                    "java.io.tmpdir writable, or give the library's path by the system property $PROPERTY",
                cause = error,
            )
        }
    }

    /** `linux-x86_64`: the folder that `cargo xtask package kotlin` puts a machine's library into. */
    private fun platform(): String {
        val system = System.getProperty("os.name").orEmpty().lowercase()
        val name = when {
            system.startsWith("linux") -> "linux"
            system.startsWith("mac") -> "macos"
            system.startsWith("windows") -> "windows"
            else -> system.replace(' ', '-')
        }
        val architecture = when (val machine = System.getProperty("os.arch").orEmpty()) {
            "amd64", "x86_64" -> "x86_64"
            "aarch64", "arm64" -> "aarch64"
            else -> machine
        }
        return "$name-$architecture"
    }
}
