/*
 * What is built into the image: the device tree for a boot without one, and the programs for a boot without
 * an initrd. The Makefile says where both come from.
 */
	.section .embedded, "a"

	.global builtin_tree, builtin_tree_end
	.balign	8
builtin_tree:
	.incbin	"vexpress-a15.dtb"
builtin_tree_end:

	.global builtin_initrd_start, builtin_initrd_end
	.balign	4096
builtin_initrd_start:
	.incbin	"initrd.cpio"
builtin_initrd_end:
