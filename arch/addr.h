/*
 * The three kinds of address, as types that do not mix.
 *
 * paddr_t  a physical byte address, as the bus sees it.
 * pfn_t    a frame number: paddr_t >> PAGE_SHIFT.
 * vaddr_t  a user virtual address. Kernel addresses are plain C pointers.
 *
 * Each is a struct of one member, so that passing one for another does not compile; the procedure
 * call standard hands such a struct over in a register (AAPCS 5.5), so it costs nothing.
 */
#ifndef ARCH_ADDR_H
#define ARCH_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12u
#define PAGE_SIZE  (1u << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1u))

typedef struct {
	uint32_t n;
} pfn_t;

typedef struct {
	uint32_t a;
} paddr_t;

typedef struct {
	uint32_t a;
} vaddr_t;

/* User space ends here: TTBCR.N = 1 gives TTBR0 the lower 2 GiB (ARM DDI 0406C B3.5.4). */
#define USER_END 0x80000000u

static inline pfn_t pfn(uint32_t n)
{
	return (pfn_t){ n };
}

static inline paddr_t paddr(uint32_t a)
{
	return (paddr_t){ a };
}

static inline vaddr_t vaddr(uint32_t a)
{
	return (vaddr_t){ a };
}

static inline paddr_t pfn_to_paddr(pfn_t f)
{
	return (paddr_t){ f.n << PAGE_SHIFT };
}

static inline pfn_t paddr_to_pfn(paddr_t p)
{
	return (pfn_t){ p.a >> PAGE_SHIFT };
}

static inline vaddr_t vaddr_page(vaddr_t v)
{
	return (vaddr_t){ v.a & PAGE_MASK };
}

static inline uint32_t page_align_up(uint32_t bytes)
{
	return (bytes + PAGE_SIZE - 1u) & PAGE_MASK;
}

#endif
