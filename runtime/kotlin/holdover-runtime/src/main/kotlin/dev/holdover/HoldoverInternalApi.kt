package dev.holdover

/** Is for Holdover's own modules, and may change at any time. */
@RequiresOptIn("This is for Holdover's own modules, and may change at any time.")
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.CLASS, AnnotationTarget.FUNCTION, AnnotationTarget.PROPERTY)
public annotation class HoldoverInternalApi
