# The memory manager on the simulated machine, by seed.
#   make sim               a bounded run of every configuration, part of `make test`
#   make soak SEEDS=N      N seeds of all of them mixed
#   make fuzz              the same operations driven by libFuzzer, FUZZ_SECONDS long

SIM_DIR      := $(B)/host/sim
SIM_SOURCES  := $(wildcard base/*.c mm/*.c mm/*/*.c drivers/ramdisk.c arch/*.c arch/sim/*.c) \
	$(filter-out tests/sim/main.c tests/sim/fuzz.c,$(wildcard tests/sim/*.c))
SIM_WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror
SIM_COMMON   := -std=gnu2x -g -Iarch/sim -I. -DCHECK_LOCKS $(SIM_WARNINGS) -MMD -MP
SIM_UBSAN    := -fsanitize=undefined -fno-sanitize-recover=all
SIM_LINK     := -no-pie -Wl,-T,tests/sim/sim.ld
SIM_SEED     ?= 1
SEEDS        ?= 100000
FUZZ_SECONDS ?= 60

SIM_CC_fast  := gcc
SIM_fast     := $(SIM_COMMON) -O2 -fno-pie $(SIM_UBSAN) $(SIM_EXTRA)
SIM_CC_asan  := gcc
SIM_asan     := $(SIM_COMMON) -O1 -fno-pie $(SIM_UBSAN) -fsanitize=address -fno-omit-frame-pointer
SIM_CC_fuzz  := clang
SIM_fuzz     := $(SIM_COMMON) -O1 -fno-pie -Wno-unknown-attributes -fsanitize=fuzzer-no-link

# $(1) variant
define sim_variant
$(SIM_DIR)/$(1)/%.o: %.c
	@mkdir -p $$(dir $$@)
	@$(SIM_CC_$(1)) $(SIM_$(1)) -c $$< -o $$@

-include $(patsubst %.c,$(SIM_DIR)/$(1)/%.d,$(SIM_SOURCES) tests/sim/main.c tests/sim/fuzz.c)
endef

$(foreach variant,fast asan fuzz,$(eval $(call sim_variant,$(variant))))

$(SIM_DIR)/sim: $(SIM_SOURCES:%.c=$(SIM_DIR)/fast/%.o) $(SIM_DIR)/fast/tests/sim/main.o tests/sim/sim.ld
	@$(SIM_CC_fast) $(SIM_fast) $(SIM_LINK) $(filter %.o,$^) -o $@

$(SIM_DIR)/sim-asan: $(SIM_SOURCES:%.c=$(SIM_DIR)/asan/%.o) $(SIM_DIR)/asan/tests/sim/main.o tests/sim/sim.ld
	@$(SIM_CC_asan) $(SIM_asan) $(SIM_LINK) $(filter %.o,$^) -o $@

$(SIM_DIR)/fuzz-target: $(SIM_SOURCES:%.c=$(SIM_DIR)/fuzz/%.o) $(SIM_DIR)/fuzz/tests/sim/fuzz.o tests/sim/sim.ld
	@$(SIM_CC_fuzz) $(SIM_fuzz) -fsanitize=fuzzer $(SIM_LINK) $(filter %.o,$^) -o $@

# Each line is one configuration with a batch of seeds: program, seeds, options.
define SIM_BATCHES
sim 3000 --cache pipt --cpus 1
sim 3000 --cache pipt --cpus 2
sim 4000 --cache pipt --cpus 4
sim 3000 --cache vipt
sim 3000 --cache vivt
sim 2000 --sites each
sim 2000 --sites random
sim-asan 300
endef
export SIM_BATCHES

.PHONY: sim soak fuzz
sim: $(SIM_DIR)/sim $(SIM_DIR)/sim-asan
	@tests/sim/run-batches $(SIM_DIR) $(SIM_SEED) $(or $(RESULTS),$(B)/test-results)

soak: $(SIM_DIR)/sim
	@$(SIM_DIR)/sim --jobs 2 --seeds $(SIM_SEED)..$$(($(SIM_SEED) + $(SEEDS) - 1))

# For tools/coverage, which counts what is run: SIM_EXTRA has its options.
.PHONY: sim-coverage
sim-coverage: $(SIM_DIR)/sim
	@$(SIM_DIR)/sim --jobs 1 --seeds 1..$(SEEDS)
	@$(SIM_DIR)/sim --jobs 1 --seeds 1..$(SEEDS) --sites each

fuzz: $(SIM_DIR)/fuzz-target
	@mkdir -p $(SIM_DIR)/corpus
	@$(SIM_DIR)/fuzz-target -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=60 $(SIM_DIR)/corpus
