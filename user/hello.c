/*
 * Says hello and who it is.
 */
#include "user/lib/lib.h"

int main(int argc, char **argv)
{
	printf("hello from task %d (%s), %d arguments\n", (int)sys_getpid(), argv[0], argc - 1);
	for (int i = 1; i < argc; i++)
		printf("  %s\n", argv[i]);
	return 0;
}
