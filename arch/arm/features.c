/*
 * The identification registers, as far as programs care.
 * Source: ARM DDI 0406C B4.1.82 ff. (ID_ISARn), B4.1.89 (ID_MMFR0), B6.1.75 ff. (MVFRn); bits of
 * HWCAP: Linux, uapi/asm/hwcap.h.
 */
#include "arch/features.h"

enum {
	CAP_HALF = 1u << 1,
	CAP_THUMB = 1u << 2,
	CAP_FAST_MULT = 1u << 4,
	CAP_VFP = 1u << 6,
	CAP_EDSP = 1u << 7,
	CAP_NEON = 1u << 12,
	CAP_VFPV3 = 1u << 13,
	CAP_TLS = 1u << 15,
	CAP_VFPV4 = 1u << 16,
	CAP_IDIVA = 1u << 17,
	CAP_IDIVT = 1u << 18,
	CAP_VFPD32 = 1u << 19,
	CAP_LPAE = 1u << 20,
};

/* What every ARMv7-A has. SWP is left out: it is disabled (SCTLR.SW, B4.1.130). */
#define CAPS_OF_V7 (CAP_HALF | CAP_THUMB | CAP_FAST_MULT | CAP_EDSP | CAP_TLS)

static inline uint32_t field(uint32_t word, unsigned lowest_bit)
{
	return word >> lowest_bit & 15u;
}

static uint32_t divide(void)
{
	uint32_t isar0;

	__asm__("mrc p15, 0, %0, c0, c2, 0" : "=r"(isar0));
	if (field(isar0, 24) >= 2)
		return CAP_IDIVA | CAP_IDIVT;
	return field(isar0, 24) ? CAP_IDIVT : 0;
}

static uint32_t long_descriptors(void)
{
	uint32_t mmfr0;

	__asm__("mrc p15, 0, %0, c0, c1, 4" : "=r"(mmfr0));
	return field(mmfr0, 0) >= 5 ? CAP_LPAE : 0;
}

static uint32_t wide_registers(void)
{
	uint32_t mvfr0, mvfr1, caps = 0;

	__asm__(".fpu neon\n\tvmrs %0, mvfr0\n\tvmrs %1, mvfr1" : "=r"(mvfr0), "=r"(mvfr1));
	if (field(mvfr0, 4) >= 2)
		caps |= CAP_VFP | CAP_VFPV3;
	if (field(mvfr0, 0) >= 2)
		caps |= CAP_VFPD32;
	if (field(mvfr1, 8) && field(mvfr1, 12) && field(mvfr1, 16))
		caps |= CAP_NEON;
	if (field(mvfr1, 28))
		caps |= CAP_VFPV4;
	return caps;
}

uint32_t features_for_user(void)
{
	return CAPS_OF_V7 | divide() | long_descriptors() | wide_registers();
}

uint32_t features_identity(void)
{
	uint32_t midr;

	__asm__("mrc p15, 0, %0, c0, c0, 0" : "=r"(midr));
	return midr;
}

const char *features_platform(void)
{
	return "v7l";
}
