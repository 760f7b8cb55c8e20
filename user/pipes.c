/*
 * Bytes between processes: one stream checked byte by byte, then records of several writers at
 * once, none of which may be torn. Exit status 0 only if nothing was wrong.
 */
#include "user/lib/files.h"
#include "user/lib/lib.h"

#define CALL_FORK    2u
#define STREAM_BYTES (1u << 20)
#define BUFFER	     65536u
#define WRITERS	     4u
#define RECORDS	     64u
#define RECORD_BYTES 4096u /* PIPE_BUF: written whole */

static uint8_t stream_byte(uint32_t n)
{
	return (uint8_t)(n * 2654435761u >> 13);
}

static void write_stream(int fd, uint8_t *buffer)
{
	uint32_t at = 0, bytes = 1;

	while (at < STREAM_BYTES) {
		uint32_t n = bytes < STREAM_BYTES - at ? bytes : STREAM_BYTES - at;

		for (uint32_t i = 0; i < n; i++)
			buffer[i] = stream_byte(at + i);
		if (sys_write(fd, buffer, n) != (int32_t)n)
			die("pipes", "a write that is short", 0);
		at += n;
		bytes = bytes * 5 % (BUFFER - 1) + 1;
	}
}

/* Returns bytes that are wrong or missing. */
static uint32_t read_stream(int fd, uint8_t *buffer)
{
	uint32_t at = 0, wrong = 0, bytes = 3000;
	int32_t n;

	while ((n = sys_read(fd, buffer, bytes)) > 0) {
		for (uint32_t i = 0; i < (uint32_t)n; i++)
			wrong += buffer[i] != stream_byte(at + i);
		at += (uint32_t)n;
		bytes = bytes * 3 % (BUFFER - 1) + 1;
	}
	return wrong + (STREAM_BYTES - at) + (n < 0);
}

static void write_records(int fd, uint8_t *buffer, uint32_t mark)
{
	memset(buffer, (int)mark, RECORD_BYTES);
	for (uint32_t i = 0; i < RECORDS; i++)
		if (sys_write(fd, buffer, RECORD_BYTES) != RECORD_BYTES)
			die("pipes", "a record that is short", 0);
}

/* Reads one record, whatever pieces it comes in. */
static bool read_record(int fd, uint8_t *buffer)
{
	uint32_t at = 0;
	int32_t n;

	while (at < RECORD_BYTES && (n = sys_read(fd, buffer + at, RECORD_BYTES - at)) > 0)
		at += (uint32_t)n;
	return at == RECORD_BYTES;
}

static uint32_t read_records(int fd, uint8_t *buffer)
{
	uint32_t wrong = 0, count = 0;

	for (; read_record(fd, buffer); count++)
		for (uint32_t i = 1; i < RECORD_BYTES; i++)
			wrong += buffer[i] != buffer[0];
	return wrong + (WRITERS * RECORDS - count);
}

static void begin_child(const int fd[2])
{
	sys_close(fd[0]);
}

int main(int argc, char **argv)
{
	uint8_t *buffer = map_pages(BUFFER / PAGE_BYTES);
	uint32_t wrong, torn;
	int fd[2];

	(void)argc;
	(void)argv;
	sys_pipe2(fd, 0);
	if (syscall3(CALL_FORK, 0, 0, 0) == 0) {
		begin_child(fd);
		write_stream(fd[1], buffer);
		sys_exit(0);
	}
	sys_close(fd[1]);
	wrong = read_stream(fd[0], buffer);
	sys_close(fd[0]);
	sys_pipe2(fd, 0);
	for (uint32_t n = 0; n < WRITERS; n++) {
		if (syscall3(CALL_FORK, 0, 0, 0) != 0)
			continue;
		begin_child(fd);
		write_records(fd[1], buffer, n + 1);
		sys_exit(0);
	}
	sys_close(fd[1]);
	torn = read_records(fd[0], buffer);
	printf("pipes: %u wrong, %u torn\n", (unsigned)wrong, (unsigned)torn);
	return wrong || torn;
}
