/*
 * Text, numbers, pages, and the round of a checking program.
 */
#include "user/lib/lib.h"

#define LINE_BYTES 256u

struct line {
	char text[LINE_BYTES];
	uint32_t length;
};

static void put_char(struct line *l, char c)
{
	if (l->length < LINE_BYTES)
		l->text[l->length++] = c;
}

static void put_text(struct line *l, const char *text)
{
	while (*text)
		put_char(l, *text++);
}

static void put_number(struct line *l, uint32_t n, uint32_t base, int width, char pad)
{
	char digits[32];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	for (int i = count; i < width; i++)
		put_char(l, pad);
	while (count)
		put_char(l, digits[--count]);
}

static void put_signed(struct line *l, int32_t n, int width, char pad)
{
	if (n < 0)
		put_char(l, '-');
	put_number(l, n < 0 ? 0u - (uint32_t)n : (uint32_t)n, 10, n < 0 ? width - 1 : width, pad);
}

/* One conversion; the arguments are 32 bits each, whatever they are. */
static void put_argument(struct line *l, char kind, uint32_t argument, int width, char pad)
{
	if (kind == 's')
		put_text(l, (const char *)argument);
	else if (kind == 'c')
		put_char(l, (char)argument);
	else if (kind == 'd')
		put_signed(l, (int32_t)argument, width, pad);
	else
		put_number(l, argument, kind == 'x' ? 16 : 10, width, pad);
}

/* From behind a % to behind its conversion. */
static const char *put_conversion(struct line *l, const char *f, va_list *args)
{
	char pad = *f == '0' ? '0' : ' ';
	int width = 0;

	while (*f >= '0' && *f <= '9')
		width = width * 10 + *f++ - '0';
	if (*f == 'l')
		f++;
	if (*f == '%')
		put_char(l, '%');
	else
		put_argument(l, *f, va_arg(*args, uint32_t), width, pad);
	return f + 1;
}

void printf(const char *format, ...)
{
	struct line l = { .length = 0 };
	va_list args;

	va_start(args, format);
	while (*format) {
		if (*format == '%')
			format = put_conversion(&l, format + 1, &args);
		else
			put_char(&l, *format++);
	}
	va_end(args);
	sys_write(1, l.text, l.length);
}

bool text_is_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static uint32_t digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : 99;
}

uint32_t number_from(const char *text)
{
	uint32_t base = text[0] == '0' && text[1] == 'x' ? 16 : 10, n = 0;
	const char *p = base == 16 ? text + 2 : text;

	do {
		if (digit(*p) >= base)
			die("argument", text, 0);
		n = n * base + digit(*p);
	} while (*++p);
	return n;
}

void *map_pages(uint32_t pages)
{
	int32_t at = sys_mmap(0, pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS);

	/* A result in the last page of the address space is an error; addresses end far below. */
	if (at < 0)
		die("mmap", "no address space", at);
	return (void *)at;
}

void die(const char *program, const char *why, int32_t result)
{
	printf("%s: error: %s (%d)\n", program, why, (int)result);
	sys_exit(1);
}

void checking_point(struct checking *c, void (*check_all)(struct checking *))
{
	uint32_t asked = sys_checkin(c->round_done, c->errors, c->words);

	while (asked != c->round_done) {
		check_all(c);
		c->round_done = asked;
		asked = sys_checkin(c->round_done, c->errors, c->words);
	}
	sys_sched_yield();
}
