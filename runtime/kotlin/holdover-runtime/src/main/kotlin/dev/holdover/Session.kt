package dev.holdover

import dev.holdover.binding.SessionCore

/** One account at one endpoint, bound for life (rule A1). Generated clients are built on it. */
public class Session(
    /** The engine's side. Apps get their sessions from the runtime. */
    internal val core: SessionCore,
) {
    /**
     * Makes every stored answer that carries the tag outdated, for this account and for the device. Returns when that
     * outlives a crash.
     *
     * @throws HoldoverException
     */
    public suspend fun invalidate(tag: Tag) {
        core.invalidate(tag)
    }
}
