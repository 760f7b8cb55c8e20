/*
 * Letters for the display, five pixels wide and seven high.
 */
#ifndef CONSOLE_FONT_H
#define CONSOLE_FONT_H

#include <stdint.h>

/*
 * Seven rows from the top, bit 4 the leftmost pixel. Small letters have the capitals' shapes; what
 * there is no shape for is a box.
 */
const uint8_t *font_glyph(char c);

#endif
