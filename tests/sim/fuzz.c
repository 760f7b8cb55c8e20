/*
 * The same run, driven by libFuzzer: the input's bytes are what the actors choose; its first four
 * seed the machine's own chance. The run winds down when the bytes are used up.
 */
#include "tests/sim/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool remembered;
	struct plan plan = { .cache = -1, .sites = -1 };

	if (size < 8)
		return -1;
	if (!remembered)
		state_remember();
	remembered = true;
	plan.seed = data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
		    (uint32_t)data[3] << 24;
	plan.bytes = data + 4;
	plan.byte_count = size - 4;
	world_run(&plan);
	return 0;
}
