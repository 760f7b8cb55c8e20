/*
 * The tree at /dev.
 */
#ifndef KERNEL_DEVICES_H
#define KERNEL_DEVICES_H

/* Once at boot. */
void devices_mount(void);

#endif
