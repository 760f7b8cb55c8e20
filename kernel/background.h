/*
 * Threads that work in the background for rooms of mm.
 */
#ifndef KERNEL_BACKGROUND_H
#define KERNEL_BACKGROUND_H

/* Starts them. Once, when tasks and time are there. */
void background_start(void);

#endif
