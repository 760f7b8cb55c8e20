# User programs: user/NAME.c with the runtime of user/lib becomes the static program $(B)/user/NAME, linked at
# 64 KiB; all of them together become the built-in archive $(B)/initrd.cpio, as bin/NAME.

PROGRAMS := $(patsubst user/%.c,%,$(sort $(wildcard user/*.c)))
RUNTIME  := $(patsubst %,$(B)/%.o,$(sort $(wildcard user/lib/*.c user/lib/*.S)))

USER_CFLAGS := $(MACHINE) $(TYPES) $(WARNINGS) -std=gnu2x -ffreestanding -O2 -g -I. -MMD -MP
USER_LDFLAGS := $(MACHINE) -static -nostartfiles -T user/lib/user.ld -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096

.SECONDARY: $(PROGRAMS:%=$(B)/user/%.c.o) $(RUNTIME)

$(B)/user/%.c.o: user/%.c
	@mkdir -p $(@D)
	@$(CC) $(USER_CFLAGS) -c $< -o $@

$(B)/user/lib/%.S.o: user/lib/%.S
	@mkdir -p $(@D)
	@$(CC) $(MACHINE) -g -c $< -o $@

$(PROGRAMS:%=$(B)/user/%): $(B)/user/%: $(B)/user/%.c.o $(RUNTIME) user/lib/user.ld
	@$(CC) $(USER_LDFLAGS) $< $(RUNTIME) -o $@

# The same bytes every time: sorted, no dates, no owners.
$(B)/initrd.cpio: $(PROGRAMS:%=$(B)/user/%)
	@rm -rf $(B)/initrd && mkdir -p $(B)/initrd/bin
	@for p in $(PROGRAMS); do \
		$(CROSS)strip -o $(B)/initrd/bin/$$p $(B)/user/$$p && \
		touch -d @0 $(B)/initrd/bin/$$p || exit 1; done
	@mkdir -p $(B)/initrd/t/dir && cd $(B)/initrd/t && printf 'one\ntwo\nthree\n' > text && \
		ln -s text link && ln -s loop loop && ln -s /t/./dir/../text far && ln -s dir place
	@cd $(B)/initrd && touch -h -d @0 bin t t/dir t/text t/link t/loop t/far t/place
	@cd $(B)/initrd && printf '%s\n' bin $(PROGRAMS:%=bin/%) t t/dir t/text t/link t/loop t/far t/place | \
		cpio --quiet -o -H newc --reproducible --owner=0:0 > ../initrd.cpio

-include $(wildcard $(B)/user/*.d $(B)/user/lib/*.d)
