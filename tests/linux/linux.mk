# Programs for Linux on ARM, of glibc, static, hard float: tests/linux/NAME.c (or .cc) becomes the
# program $(B)/linux/NAME; all of them together become $(B)/linux.cpio, as bin/NAME. Only tests need
# them, and the compiler they take: tools/setup test.

LINUX_CROSS    ?= arm-linux-gnueabihf-
LINUX_C        := $(filter-out check,$(patsubst tests/linux/%.c,%,$(sort $(wildcard tests/linux/*.c))))
LINUX_CXX      := $(patsubst tests/linux/%.cc,%,$(sort $(wildcard tests/linux/*.cc)))
LINUX_PROGRAMS := $(sort $(LINUX_C) $(LINUX_CXX))

# Bad arguments are what some of them try: no warning of those.
LINUX_FLAGS := -O2 -g -static -pthread -mfpu=neon -Itests/linux -Wall -Wextra -Wshadow -Wvla -Wundef -Werror -MMD -MP \
	-Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull

$(B)/linux/check.o: tests/linux/check.c
	@mkdir -p $(@D)
	@$(LINUX_CROSS)gcc -std=gnu2x $(LINUX_FLAGS) -c $< -o $@

$(LINUX_C:%=$(B)/linux/%): $(B)/linux/%: tests/linux/%.c $(B)/linux/check.o
	@$(LINUX_CROSS)gcc -std=gnu2x $(LINUX_FLAGS) $< $(B)/linux/check.o -o $@ -lm

$(LINUX_CXX:%=$(B)/linux/%): $(B)/linux/%: tests/linux/%.cc $(B)/linux/check.o
	@$(LINUX_CROSS)g++ -std=gnu++17 $(LINUX_FLAGS) $< $(B)/linux/check.o -o $@

$(B)/linux.cpio: $(LINUX_PROGRAMS:%=$(B)/linux/%)
	@rm -rf $(B)/linux/root && mkdir -p $(B)/linux/root/bin
	@for p in $(LINUX_PROGRAMS); do \
		$(LINUX_CROSS)strip -o $(B)/linux/root/bin/$$p $(B)/linux/$$p || exit 1; done
	@printf 'Lines of a file in the archive.\nThe second line.\n' > $(B)/linux/root/text
	@find $(B)/linux/root -exec touch -d @0 {} +
	@cd $(B)/linux/root && find . -mindepth 1 | sed 's,^\./,,' | LC_ALL=C sort | \
		cpio --quiet -o -H newc --reproducible --owner=0:0 > ../../linux.cpio

-include $(wildcard $(B)/linux/*.d)
