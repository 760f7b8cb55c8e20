/*
 * The kernel's half of the address space, and the bits its mappings are made of. Read by assembler
 * too.
 *
 *   0x80000000  direct map of RAM from its first byte; the image lies in it, mapped by pages
 *   0xF0000000  kernel stacks: a slot of 16 KiB each, the lower half unmapped (arch/kstack.h)
 *   0xF8000000  devices, by sections (arch/device.h)
 *   0xFFC00000  frames mapped for a moment (arch/frame.h)
 */
#ifndef ARCH_ARM_LAYOUT_H
#define ARCH_ARM_LAYOUT_H

#define DIRECT_MAP_BASE	 0x80000000
#define DIRECT_MAP_END	 0xF0000000
#define IMAGE_OFFSET	 0x10000
#define IMAGE_MAP_TABLES 4
#define IMAGE_MAP_BYTES	 0x400000
#define KSTACK_BASE	 0xF0000000
#define DEVICE_BASE	 0xF8000000
#define DEVICE_END	 0xFFC00000
#define FIXMAP_BASE	 0xFFC00000

/*
 * A slot of the stack window. A valid stack pointer has KSTACK_BYTES set in it; one in the guard
 * has not.
 */
#define KSTACK_SLOT_SHIFT 14
#define KSTACK_SLOT_BYTES 0x4000
#define KSTACK_BYTES	  0x2000

/*
 * The memory types that an index {TEX[0], C, B} of a descriptor selects (ARM DDI 0406C B3.8.3,
 * B4.1.104 NMRR, B4.1.127 PRRR). Indices 4..7 are not used.
 *
 *   index  type               PRRR.TR  shareable if S  NMRR.IR, OR
 *   0      strongly ordered   0        -               -
 *   1      device             1        DS1             -
 *   2      normal, no cache   2        NS1, inner      0
 *   3      normal, write-back 2        NS1, inner      1 write-allocate
 */
#define PRRR_VALUE (1 << 2 | 2 << 4 | 2 << 6 | 1 << 17 | 1 << 19 | 0x0C000000)
#define NMRR_VALUE (1 << 6 | 1 << 22)

/*
 * Table walks: shareable, write-back write-allocate inside and outside (ARM DDI 0406C B4.1.154
 * TTBR0).
 */
#define TTBR_WALK 0x6A

/* TTBCR.N = 1: addresses below 2 GiB through TTBR0 (ARM DDI 0406C B3.5.4, B4.1.153). */
#define TTBCR_SPLIT 1

/* SCTLR: MMU, data and instruction cache, branch prediction, TEX remap, access flag (B4.1.130). */
#define SCTLR_ON    (1 << 0 | 1 << 2 | 1 << 11 | 1 << 12 | 1 << 28 | 1 << 29)
#define SCTLR_CLEAR (1 << 1 | 1 << 13 | 1 << 25 | 1 << 30)

/*
 * Kernel entries: global, no user access, access flag set (ARM DDI 0406C B3.5.1). Pages: XN is bit
 * 0, AF bit 4, read-only bit 9, S bit 10. Sections: XN bit 4, AF bit 10, read-only bit 15, S
 * bit 16.
 */
#define KPAGE_TEXT   0x61E
#define KPAGE_RODATA 0x61F
#define KPAGE_DATA   0x41F
#define KSECT_DATA   0x1041E
#define KSECT_BOOT   0x1040E
#define KSECT_DEVICE 0x10416
#define L1_TABLE     1

/* In secondary_release (smp.c): cpus without a bit there are not wanted. */
#define RELEASE_CLOSED 0x80000000

#define MODE_USR 0x10
#define MODE_FIQ 0x11
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_ABT 0x17
#define MODE_HYP 0x1A
#define MODE_UND 0x1B

/* Offsets in struct trap_frame (arch/context.h); context.c asserts them. */
#define TF_SP	 52
#define TF_PC	 60
#define TF_CPSR	 64
#define TF_BYTES 68

/* enum trap_kind, trap.h */
#define TRAP_UNDEFINED 0
#define TRAP_PREFETCH  1
#define TRAP_DATA      2
#define TRAP_FIQ       3
#define TRAP_SVC       4

#endif
