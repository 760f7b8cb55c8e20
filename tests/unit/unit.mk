# Host tests on the simulated machine, under the sanitizers, by every compiler that is here.
# `make unit` runs them; T=part picks cases by name.
#   phys  base/ and mm/phys alone: needs nothing of the other rooms
#   mm    all of mm
#   files fs/ on mm/phys
#   console  what of the console needs no kernel

UNIT_CCS      := $(foreach cc,gcc clang,$(if $(shell command -v $(cc)),$(cc)))
UNIT_PROGRAMS := phys mm files console
UNIT_DIR      := $(B)/host/unit
UNIT_FLAGS    := -std=gnu2x -O1 -g -Iarch/sim -I. -DCHECK_LOCKS -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer -Wall -Wextra -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror -MMD -MP $(UNIT_EXTRA)

UNIT_phys_TESTS := base trace histogram radix pte wait zone buddy alloc
UNIT_files_TESTS := files
UNIT_console_TESTS := line distance
UNIT_mm_TESTS   := $(filter-out $(UNIT_phys_TESTS) $(UNIT_files_TESTS) $(UNIT_console_TESTS),$(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c)))
UNIT_COMMON     := $(wildcard base/*.c mm/phys/*.c arch/*.c arch/sim/*.c) mm/check_report.c \
	tests/unit/unit.c tests/unit/given.c
UNIT_phys_SRCS  := $(UNIT_COMMON) $(UNIT_phys_TESTS:%=tests/unit/test_%.c)
UNIT_files_SRCS := $(UNIT_COMMON) $(wildcard fs/*.c) $(UNIT_files_TESTS:%=tests/unit/test_%.c)
UNIT_console_SRCS := $(UNIT_COMMON) console/line.c console/distance.c $(UNIT_console_TESTS:%=tests/unit/test_%.c)
UNIT_mm_SRCS    := $(sort $(UNIT_COMMON) $(wildcard mm/*.c mm/cache/*.c drivers/ramdisk.c mm/virt/*.c mm/reclaim/*.c \
	mm/move/*.c mm/kinds/*.c mm/views/*.c) $(UNIT_mm_TESTS:%=tests/unit/test_%.c))

# $(1) compiler
define unit_compiler
$(UNIT_DIR)/$(1)/%.o: %.c
	@mkdir -p $$(dir $$@)
	@$(1) $$(UNIT_FLAGS) -c $$< -o $$@

-include $(patsubst %.c,$(UNIT_DIR)/$(1)/%.d,$(UNIT_mm_SRCS) $(UNIT_phys_SRCS) $(UNIT_files_SRCS) $(UNIT_console_SRCS))
endef

# $(1) compiler, $(2) program
define unit_program
$(UNIT_DIR)/$(1)/unit-$(2): $(UNIT_$(2)_SRCS:%.c=$(UNIT_DIR)/$(1)/%.o)
	@$(1) $$(UNIT_FLAGS) $$^ -o $$@
endef

$(foreach cc,$(UNIT_CCS),$(eval $(call unit_compiler,$(cc))))
$(foreach cc,$(UNIT_CCS),$(foreach program,$(UNIT_PROGRAMS),$(eval $(call unit_program,$(cc),$(program)))))

UNIT_BINARIES := $(foreach cc,$(UNIT_CCS),$(UNIT_PROGRAMS:%=$(UNIT_DIR)/$(cc)/unit-%))

# A program that does not build, or dies before its summary, counts as one failure; the others still run.
.PHONY: unit
unit:
	@mkdir -p $(UNIT_DIR); rm -f $(UNIT_DIR)/log; \
	for program in $(UNIT_BINARIES); do \
		$(MAKE) --no-print-directory $$program || rm -f $$program; \
		[ ! -x $$program ] || $$program $(T) 2>&1 | tee -a $(UNIT_DIR)/log; \
	done; \
	touch $(UNIT_DIR)/log; \
	awk '/^# unit: /{ passed += $$3; failed += $$5; runs++ } \
		END { failed += $(words $(UNIT_BINARIES)) - runs; \
		      print "unit", passed + 0, failed, 0 >> "$(or $(RESULTS),$(B)/test-results)"; \
		      exit failed > 0 }' $(UNIT_DIR)/log
