import dev.holdover.CacheMode
import dev.holdover.CallOptions
import dev.holdover.Detail
import dev.holdover.DetailMode
import dev.holdover.Enriching
import dev.holdover.Quality
import dev.holdover.Source
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue
import org.junit.jupiter.api.TestFactory
import pricing.v1.enriched

/** Poor networks: what is left out, and what comes back (section F). */
class DetailTest {
    @TestFactory
    fun `a poor network carries what is needed and says what is withheld`() = over(Carrier.all) {
        val full = quote()
        val poor = app()
        poor.runtime.setQuality(Quality.POOR)
        val quote = poor.pricing.getQuote(ride())
        assertEquals(Detail.REDUCED to Source.NETWORK, quote.detail to quote.source)
        assertEquals(listOf("breakdown", "cars.picture", "promo"), quote.withheldPaths)
        assertFalse(quote.value.hasPromo() || quote.value.hasBreakdown() || quote.value.carsList.any { it.hasPicture() })
        assertEquals(full.value.total, quote.value.total)
        assertTrue(server.tell("header 1 holdover-detail").startsWith("reduced; plan="))
        assertEquals("", server.tell("header 0 holdover-detail"))
        val saved = (full.value.serializedSize - quote.value.serializedSize).toLong()
        assertEquals(saved, poor.runtime.stats()["holdover.detail.saved"])
    }

    @TestFactory
    fun `accessors tell withheld from absent inside lists too`() = over(Carrier.stacks) {
        val full = quote()
        val whole = full.value.enriched(full.withheld)
        assertIs<Enriching.Present<*>>(whole.promo)
        assertTrue(whole.cars.all { (car, withheld) -> car.enriched(withheld).picture is Enriching.Present })

        // Withheld, but not unknown: what was seen in full is offered (rule F9).
        app.runtime.setQuality(Quality.VERY_POOR)
        val reduced = quote(CallOptions(cache = CacheMode.NetworkOnly))
        val view = reduced.value.enriched(reduced.withheld)
        assertEquals("Half price on Mondays", assertIs<Enriching.Withheld<*>>(view.promo).let { view.promo.known()?.headline })
        assertEquals(List(3) { Enriching.Withheld(null) }, view.cars.map { (car, withheld) -> car.enriched(withheld).picture })

        val unseen = pricing.getQuote(ride("r-2"))
        assertEquals(Enriching.Withheld(null), unseen.value.enriched(unseen.withheld).promo)
    }

    @TestFactory
    fun `a caller may want all of it and the network recovers`() = over(Carrier.stacks) {
        app.runtime.setQuality(Quality.POOR)
        val states = collect(pricing.observeGetQuote(ride()))
        assertEquals(Detail.REDUCED, states.value().detail)
        assertEquals(Detail.FULL, pricing.getQuote(ride("r-2"), CallOptions(detail = DetailMode.FULL)).detail)
        app.runtime.setQuality(Quality.GOOD)
        // `restore` fetches what is observed again, in full (rule F8).
        assertTrue(states.value { it.detail == Detail.FULL }.value.hasPromo())
    }
}
