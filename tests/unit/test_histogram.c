/* Histograms: every value finds its bucket, percentiles are off by an eighth at most. */
#include "base/histogram.h"
#include "tests/unit/unit.h"

static struct histogram h;

/* What the only value of a histogram would be taken for, were there a larger one. */
static uint64_t bound_of(uint64_t value)
{
	histogram_clear(&h);
	histogram_add(&h, value);
	histogram_add(&h, UINT64_MAX);
	return histogram_percentile(&h, 1);
}

TEST(histogram_is_exact_below_sixteen)
{
	for (uint64_t value = 0; value < 16; value++)
		expect_eq(bound_of(value), value);
	expect_eq(bound_of(16), 17);
	expect_eq(bound_of(17), 17);
	expect_eq(bound_of(18), 19);
}

TEST(histogram_bounds_are_an_eighth_above_at_most)
{
	uint64_t last = 0;

	for (uint64_t value = 1; value < 1ull << 40; value += value / 97 + 1) {
		uint64_t bound = bound_of(value);

		expect(bound >= value && bound >= last);
		expect(bound - value <= value / 8);
		last = bound;
	}
	expect_eq(bound_of((1ull << 40) - 1), (1ull << 40) - 1);
	expect_eq(bound_of(1ull << 39), (1ull << 39) + (1ull << 36) - 1);
}

TEST(histogram_percentiles_of_known_values)
{
	histogram_clear(&h);
	for (uint64_t value = 1; value <= 1000; value++)
		histogram_add(&h, value);
	expect_eq(h.count, 1000);
	expect_eq(h.sum, 500500);
	expect_eq(h.max, 1000);
	expect_eq(histogram_mean(&h), 500);
	expect_eq(histogram_percentile(&h, 0), 1);
	expect_eq(histogram_percentile(&h, 1), 1);
	expect_eq(histogram_percentile(&h, 10), 10);
	expect_eq(histogram_percentile(&h, 500), 511);	/* 480 .. 511 */
	expect_eq(histogram_percentile(&h, 900), 959);	/* 896 .. 959 */
	expect_eq(histogram_percentile(&h, 990), 1000); /* 960 .. 1023, but the largest is 1000 */
	expect_eq(histogram_percentile(&h, 1000), 1000);
}

TEST(histogram_of_one_and_of_none)
{
	histogram_clear(&h);
	expect_eq(histogram_percentile(&h, 500), 0);
	expect_eq(histogram_mean(&h), 0);
	histogram_add(&h, 12345);
	expect_eq(histogram_percentile(&h, 0), 12345);
	expect_eq(histogram_percentile(&h, 500), 12345);
	expect_eq(histogram_percentile(&h, 1000), 12345);
}

TEST(histogram_sums_and_keeps_what_is_very_large)
{
	histogram_clear(&h);
	histogram_add(&h, 5);
	histogram_add(&h, 0xffffffffull);
	histogram_add(&h, 1ull << 40);
	histogram_add(&h, 3ull << 41);
	expect_eq(h.sum, 5 + 0xffffffffull + (1ull << 40) + (3ull << 41));
	expect_eq(histogram_percentile(&h, 250), 5);
	expect_eq(histogram_percentile(&h, 500), 0xffffffffull);
	expect_eq(histogram_percentile(&h, 999), 3ull << 41);
}
