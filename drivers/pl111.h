/*
 * The display controller PL111: a picture of one byte a pixel, looked up in a palette.
 *
 * It reads the picture from memory by itself, again and again, from pl111_start to pl111_stop.
 */
#ifndef DRIVERS_PL111_H
#define DRIVERS_PL111_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/addr.h"

#define PL111_WIDTH  1024u
#define PL111_HEIGHT 768u
#define PL111_BYTES  (PL111_WIDTH * PL111_HEIGHT)
#define PL111_MOST   256u /* colours */

/* Its registers, mapped. Returns false, and there is no display, if something else answers. */
bool pl111_init(void *registers);

bool pl111_is_there(void);

/*
 * Shows the picture at `frame`, row by row from the top left pixel. Colours are 0xRRGGBB, of which
 * the device keeps five bits each. What cpus write is seen once it is cleaned from their caches.
 */
void pl111_start(paddr_t frame, const uint32_t *colours, unsigned count);

/* Dark. Nothing reads the picture's memory any more. */
void pl111_stop(void);

#endif
