/*
 * Says what it reads from the terminal: a line a read, until an end of file; then, keys without
 * echo until q.
 */
#include "user/lib/files.h"
#include "user/lib/lib.h"

enum { TCGETS = 0x5401, TCSETS = 0x5402, ICANON = 2, ECHO = 010 };

static void read_lines(void)
{
	char line[64];
	int32_t n;

	printf("typist: lines\n");
	while ((n = sys_read(0, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		printf("typist: %d <%s>\n", (int)n, line);
	}
	printf("typist: end %d\n", (int)n);
}

static void read_keys(void)
{
	struct pollfd p = { 0, 1, 0 };
	uint32_t termios[9];
	char key = 0;

	sys_ioctl(0, TCGETS, termios);
	termios[3] &= ~(uint32_t)(ICANON | ECHO);
	sys_ioctl(0, TCSETS, termios);
	printf("typist: keys\n");
	while (key != 'q') {
		if (sys_poll(&p, 1, -1) != 1 || sys_read(0, &key, 1) != 1)
			die("typist", "no key", 0);
		printf("typist: key %d\n", key);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	read_lines();
	read_keys();
	return 0;
}
