/*
 * The two names that may be changed, under a lock.
 */
#include "kernel/uts.h"

#include <errno.h>
#include <string.h>

#include "base/spinlock.h"

static struct {
	struct spinlock lock; /* LOCK_DEVICE: a leaf */
	char host[UTS_FIELD], domain[UTS_FIELD];
} uts = { .host = "tessera", .domain = "(none)" };

static void get(const char *from, char name[UTS_FIELD])
{
	spin_lock(&uts.lock, LOCK_DEVICE);
	memcpy(name, from, UTS_FIELD);
	spin_unlock(&uts.lock);
}

static int set(char *to, const char *name)
{
	size_t bytes = strlen(name);

	if (bytes > UTS_NAME_BYTES)
		return -EINVAL;
	spin_lock(&uts.lock, LOCK_DEVICE);
	memset(to, 0, UTS_FIELD);
	memcpy(to, name, bytes);
	spin_unlock(&uts.lock);
	return 0;
}

void uts_hostname(char name[UTS_FIELD])
{
	get(uts.host, name);
}

void uts_domainname(char name[UTS_FIELD])
{
	get(uts.domain, name);
}

int uts_set_hostname(const char *name)
{
	return set(uts.host, name);
}

int uts_set_domainname(const char *name)
{
	return set(uts.domain, name);
}
