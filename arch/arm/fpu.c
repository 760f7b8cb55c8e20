/*
 * Who has the floating-point registers. One word a cpu, touched by that cpu alone and not from
 * interrupts; it is set exactly while user mode may use the registers there. What holds is in
 * arch/fpu.h.
 */
#include <stddef.h>

#include "fpu_live.h"

/*
 * CPACR: who may use coprocessors 10 and 11; FPEXC.EN: they are on. Source: ARM DDI 0406C B4.1.40,
 * B4.1.58.
 */
#define CPACR_KERNEL   (1u << 20 | 1u << 22)
#define CPACR_EVERYONE (3u << 20 | 3u << 22)
#define FPEXC_ON       (1u << 30)

struct fpu_state *fpu_live[MAX_CPUS];

/* arch/arm/fpu_asm.S */
void fpu_store_registers(struct fpu_state *to);
void fpu_load_registers(const struct fpu_state *from);

static void give_to(struct fpu_state *s)
{
	uint32_t access = s ? CPACR_EVERYONE : CPACR_KERNEL;

	fpu_live[cpu_id()] = s;
	__asm__ volatile("mcr p15, 0, %0, c1, c0, 2\n\tisb" ::"r"(access) : "memory");
}

void fpu_init(void)
{
	give_to(NULL);
	__asm__ volatile(".fpu neon\n\tvmsr fpexc, %0" ::"r"(FPEXC_ON));
}

bool fpu_take(struct fpu_state *s)
{
	if (fpu_live[cpu_id()] == s)
		return false;
	fpu_load_registers(s);
	s->used = true;
	give_to(s);
	return true;
}

void fpu_save(struct fpu_state *s)
{
	if (fpu_live[cpu_id()] != s)
		return;
	fpu_store_registers(s);
	give_to(NULL);
}

void fpu_reload(struct fpu_state *s)
{
	if (fpu_live[cpu_id()] == s)
		give_to(NULL);
}
