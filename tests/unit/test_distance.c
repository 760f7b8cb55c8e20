/* How far one word is from another: what `no command 'x'` proposes. */
#include "console/distance.h"

#include "tests/unit/unit.h"

TEST(distance_counts_keys, "")
{
	expect_eq(edit_distance("compact", "compact"), 0);
	expect_eq(edit_distance("compact", "compat"), 1);
	expect_eq(edit_distance("compact", "compaact"), 1);
	expect_eq(edit_distance("compact", "kompact"), 1);
	expect_eq(edit_distance("check", "plan"), edit_distance("plan", "check"));
	expect(edit_distance("alloc", "vmstat") >= 3);
}
