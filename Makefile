# Tessera. `make help` says what there is.

MEM   ?= 256
SMP   ?= 1
SEED  ?= 1
BOARD ?= vexpress-a15
ARGS  ?=
DISK  ?=
INITRD ?=
T     ?=
PORT  ?= 1234

CROSS ?= arm-none-eabi-
CC    := $(CROSS)gcc
CLANG ?= clang
B     ?= build
# Where the tools find what was built.
export TESSERA_BUILD := $(B)

# Every source of these rooms belongs to the kernel.
ROOMS   ?= boot arch arch/arm base mm mm/phys mm/cache mm/virt mm/reclaim mm/move mm/kinds mm/views \
	   kernel kernel/proc drivers fs console tests/target
SOURCES := $(foreach room,$(ROOMS),$(wildcard $(room)/*.c $(room)/*.S))
OBJECTS := $(patsubst %,$(B)/%.o,$(SOURCES))

MACHINE  := -mcpu=cortex-a15 -marm -mfloat-abi=soft
# uint32_t is unsigned int, as for clang and on the host; GCC for this target would say unsigned long.
TYPES    := -U__UINT32_TYPE__ -D__UINT32_TYPE__='unsigned int' -U__INT32_TYPE__ -D__INT32_TYPE__=int
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wframe-larger-than=1536 -Werror
INCLUDES := -Iarch/arm -I.
CFLAGS   := $(MACHINE) $(TYPES) -std=gnu2x -ffreestanding -O2 -g -funwind-tables -fno-common \
	    -ffunction-sections -fdata-sections $(WARNINGS) $(INCLUDES) -MMD -MP
ASFLAGS  := $(MACHINE) -g $(INCLUDES) -Wa,-I$(B) -MMD -MP
# The library's integer formatting under the plain names: no floating point, no heap.
LDFLAGS  := $(MACHINE) -nostartfiles -T linker.ld -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
	    -Wl,--defsym,vsnprintf=vsniprintf -Wl,--defsym,snprintf=sniprintf

RUN := tools/run --board $(BOARD) --mem $(MEM) --smp $(SMP) $(DISK:%=--disk %) \
       $(if $(INITRD),--initrd $(INITRD))

.PHONY: all run shell gdb picture trace test test-whole unit clang fuzz-calls mutants setup clean help
all: $(B)/tessera.elf $(B)/tessera.img $(B)/vexpress-a15.dtb $(B)/initrd.cpio
	@:

help:
	@echo "make run      build, boot, run the demo; status 0 if all was right"
	@echo "make shell    the same machine with the console"
	@echo "make gdb      stop at the first migration, with the debugger's commands loaded"
	@echo "make picture  photographs of memory before, while and after it is compacted"
	@echo "make trace    what eight allocations that compact did: build/trace.txt, .json for Perfetto, a histogram"
	@echo "make test     every test; T=pattern picks"
	@echo "make unit     tests on the host; make clang: every source through clang"
	@echo "make sim      the same mm/ on the simulated machine, by seed; make soak SEEDS=N: many; make fuzz"
	@echo "make fuzz-calls SEEDS=N  system calls by chance on the target"
	@echo "make mutants  breaks one safety line at a time; a test must notice"
	@echo "make setup    install what is missing; make clean"
	@echo "variables     MEM=$(MEM) SMP=$(SMP) SEED=$(SEED) BOARD=$(BOARD) (or virt) ARGS= DISK= INITRD="

setup:
	@tools/setup

run: setup
	@$(MAKE) --no-print-directory all
	@$(RUN) --append 'demo seed=$(SEED) $(ARGS)'

shell: setup
	@$(MAKE) --no-print-directory all
	@$(RUN) --interactive --append 'seed=$(SEED) $(ARGS)'

gdb: setup
	@$(MAKE) --no-print-directory all
	@tools/run-gdb $(PORT) $(RUN) --append 'demo seed=$(SEED) $(ARGS)'

# Before, in flight, after; see docs/pictures.md.
picture: setup
	@$(MAKE) --no-print-directory all
	@tools/picture --mem $(MEM) --smp $(SMP)

# Blocks asked for where there are none, with every step recorded; see docs/events.md.
trace: setup
	@$(MAKE) --no-print-directory all
	@tools/trace $(B) $(RUN)

# The kernel is linked twice: the second time with the names found in the first.
link = $(CC) $(LDFLAGS) $(OBJECTS) $(1) -o $(2)

$(B)/tessera.elf: $(OBJECTS) linker.ld tools/symbols
	@tools/symbols > $(B)/symbols-empty.S
	@$(CC) $(MACHINE) -c $(B)/symbols-empty.S -o $(B)/symbols-empty.o
	@$(call link,$(B)/symbols-empty.o,$(B)/first.elf)
	@tools/symbols $(B)/first.elf > $(B)/symbols.S
	@$(CC) $(MACHINE) -c $(B)/symbols.S -o $(B)/symbols.o
	@$(call link,$(B)/symbols.o,$@)

$(B)/tessera.img: $(B)/tessera.elf
	@$(CROSS)objcopy -O binary $< $@

$(B)/%.c.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -c $< -o $@

$(B)/%.S.o: %.S
	@mkdir -p $(@D)
	@$(CC) $(ASFLAGS) -c $< -o $@

$(B)/boot/embedded.S.o: $(B)/vexpress-a15.dtb $(B)/initrd.cpio

$(B)/%.dtb: boards/%.dts
	@mkdir -p $(@D)
	@dtc -q -I dts -O dtb -o $@ $<

# Programs for user mode, packed into build/initrd.cpio.
include user/user.mk

# Tests. Each suite appends "name passed failed skipped" to RESULTS; the sum is the last line.
RESULTS := $(B)/test-results
include tests/unit/unit.mk
include tests/sim/sim.mk
include tests/linux/linux.mk

# Every source through clang, remembered by an empty file each.
CLANG_FLAGS := --target=arm-none-eabi $(MACHINE) -isystem /usr/lib/arm-none-eabi/include -std=gnu2x \
	       -ffreestanding -fsyntax-only $(WARNINGS) -Wno-unknown-attributes $(INCLUDES)
CHECKED     := $(patsubst %.c,$(B)/clang/%.ok,$(filter %.c,$(SOURCES)))

$(B)/clang/%.ok: %.c
	@mkdir -p $(@D)
	@$(CLANG) $(CLANG_FLAGS) -MMD -MP -MF $(@:.ok=.d) -MT $@ $<
	@touch $@

clang: $(CHECKED)

test:
	@tools/setup test
	@$(MAKE) --no-print-directory all $(B)/linux.cpio
	@rm -f $(RESULTS)
	@$(MAKE) --no-print-directory unit RESULTS=$(RESULTS) || true
	@tools/test-pytest $(RESULTS) '$(T)'
	@$(if $(T),,$(MAKE) --no-print-directory test-whole RESULTS=$(RESULTS))
	@tools/test-summary $(RESULTS)

# What no pattern picks from: seeds, the other compiler, who includes whom, breaks that must be noticed.
test-whole:
	@$(MAKE) --no-print-directory sim RESULTS=$(RESULTS) || true
	@tools/test-check $(RESULTS) clang $(MAKE) --no-print-directory clang
	@tools/test-check $(RESULTS) includes tools/check-includes
	@RESULTS=$(RESULTS) tools/mutants || true

# System calls by chance, by many seeds.
fuzz-calls:
	@tools/setup test
	@$(MAKE) --no-print-directory all $(B)/linux.cpio
	@rm -f $(RESULTS)
	@FUZZ_SEEDS=$(if $(filter command,$(origin SEEDS)),$(SEEDS),20) tools/test-pytest $(RESULTS) test_fuzz
	@tools/test-summary $(RESULTS)

mutants: setup
	@tools/mutants $(T)

clean:
	@rm -rf $(B)

-include $(OBJECTS:.o=.d) $(CHECKED:.ok=.d)
