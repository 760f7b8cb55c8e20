/*
 * The border between user and kernel: what user mode's rights do not reach.
 */
#include <errno.h>

#include "arch/frame.h"
#include "arch/uaccess.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

static const uint32_t some_constant = 0x600df00d;

static void expect_out_of_reach(uintptr_t address)
{
	uint32_t word;

	EXPECT_EQ(probe_user_read(vaddr(address & ~3u), &word), -EFAULT);
	EXPECT_EQ(probe_user_write(vaddr(address & ~3u), 0), -EFAULT);
}

TEST(protection, user_rights_do_not_reach_kernel_code, "")
{
	given_mm();
	expect_out_of_reach((uintptr_t)expect_out_of_reach);
}

TEST(protection, user_rights_do_not_reach_kernel_data, "")
{
	static uint32_t data = 0x1234;

	given_mm();
	expect_out_of_reach((uintptr_t)&data);
	expect_out_of_reach((uintptr_t)&some_constant);
	EXPECT_EQ(data, 0x1234);
	EXPECT_EQ(*(const volatile uint32_t *)&some_constant, 0x600df00d);
}

TEST(protection, user_rights_do_not_reach_a_kernel_stack, "")
{
	uint32_t here = 5;

	given_mm();
	expect_out_of_reach((uintptr_t)&here);
	EXPECT_EQ(here, 5);
}

TEST(protection, user_rights_do_not_reach_the_direct_map, "")
{
	struct page *p = given_block(GFP_KERNEL, 0);

	given_mm();
	REQUIRE_TRUE(p != NULL);
	expect_out_of_reach((uintptr_t)frame_address(page_to_pfn(p)));
}

TEST(protection, copies_do_not_cross_the_border, "")
{
	uint8_t bytes[16] = { 0 };

	given_mm();
	EXPECT_EQ(copy_from_user(bytes, vaddr((uint32_t)(uintptr_t)&some_constant), 4), 4);
	EXPECT_EQ(copy_to_user(vaddr((uint32_t)(uintptr_t)&some_constant), bytes, 4), 4);
	EXPECT_EQ(copy_to_user(vaddr(USER_END - 8), bytes, 16), 16);
	EXPECT_EQ(copy_to_user(vaddr(0xfffffff8), bytes, 16), 16);
	EXPECT_EQ(copy_string_from_user((char *)bytes, vaddr(USER_END), 16), -EFAULT);
	EXPECT_EQ(some_constant, 0x600df00d);
}

TEST(protection, areas_stay_below_the_border, "")
{
	struct mm *mm = given_mm();
	uint32_t address = 0;

	EXPECT_TRUE(mm_map(mm, USER_END, PAGE_SIZE, VMA_READ, true, &address) != 0);
	EXPECT_TRUE(mm_map(mm, USER_END - PAGE_SIZE, 2 * PAGE_SIZE, VMA_READ, true, &address) != 0);
	EXPECT_TRUE(mm_map(mm, 0, 0, VMA_READ, false, &address) != 0);
}
