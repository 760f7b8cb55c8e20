/*
 * The terminal: lines from the serial line to programs, and text from programs to it.
 *
 * Bytes wait in the serial driver until somebody reads or polls; then they are edited and echoed as
 * the settings say (termios(3): ICANON, ECHO, ISIG, ICRNL; the other flags are kept and do
 * nothing). The kernel's own console has the serial line while its loop runs: reading here is -EIO
 * then.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include "fs/file.h"

extern const struct file_ops tty_ops;

#endif
