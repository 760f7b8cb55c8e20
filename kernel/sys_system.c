/*
 * Calls that would change the system: the end of the machine, and mounts, which are constant.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/log.h"
#include "drivers/power.h"
#include "fs/name.h"
#include "kernel/syscall.h"
#include "kernel/user_path.h"

/* Linux: uapi/linux/reboot.h. */
#define REBOOT_MAGIC1	 0xfee1deadu
#define REBOOT_CAD_OFF	 0u
#define REBOOT_RESTART	 0x01234567u
#define REBOOT_HALT	 0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_RESTART2	 0xa1b2c3d4u

static bool is_second_magic(uint32_t n)
{
	return n == 672274793u || n == 85072278u || n == 369367448u || n == 537993216u;
}

/*
 * Every way out ends the machine with status 0: the emulator that runs it decides about another
 * start. No key starts the machine anew, so turning that off (CAD) is done already.
 */
int32_t sys_reboot(const uint32_t *arg)
{
	if (arg[0] != REBOOT_MAGIC1 || !is_second_magic(arg[1]))
		return -EINVAL;
	switch (arg[2]) {
	case REBOOT_CAD_OFF:
		return 0;
	case REBOOT_RESTART:
	case REBOOT_RESTART2:
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		sys_sync(NULL);
		log_info("the machine ends: reboot(2)");
		power_off(0);
	default:
		return -EINVAL;
	}
}

#define TYPE_BYTES 16u

/* What is where from the start on. debugfs is a part of /sys here. */
static const struct {
	const char *type, *path;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
	{ "debugfs", "/sys/kernel/debug" },
};

#define MOUNTS (sizeof(mounts) / sizeof(mounts[0]))

/* The path of a directory that the user names. 0 or -errno. */
static int directory_path(uint32_t address, char *path, uint32_t room)
{
	struct inode *dir;
	int error = user_path_find(AT_HERE, address, true, false, &dir);

	if (error)
		return error;
	error = inode_is_dir(dir) ? name_of(dir, path, room) : -ENOTDIR;
	inode_put(dir);
	return error < 0 ? error : 0;
}

/* A word of the user's, cut to the room: a longer one is none that is known. 0 or -EFAULT. */
static int copy_type(char type[TYPE_BYTES], uint32_t address)
{
	for (unsigned n = 0; n < TYPE_BYTES - 1; n++) {
		if (copy_from_user(&type[n], vaddr(address + n), 1))
			return -EFAULT;
		if (!type[n])
			return 0;
	}
	type[TYPE_BYTES - 1] = 0;
	return 0;
}

/* Mounting anew what is there is refused as in Linux; a mount elsewhere is not allowed to anybody.
 */
int32_t sys_mount(const uint32_t *arg)
{
	char type[TYPE_BYTES], path[64];
	int error = directory_path(arg[1], path, sizeof(path));

	if (!error)
		error = copy_type(type, arg[2]);
	if (error)
		return error;
	for (unsigned n = 0; n < MOUNTS; n++)
		if (strcmp(mounts[n].type, type) == 0)
			return strcmp(mounts[n].path, path) == 0 ? -EBUSY : -EPERM;
	return -ENODEV;
}

int32_t sys_umount2(const uint32_t *arg)
{
	char path[64];
	int error = directory_path(arg[0], path, sizeof(path));

	if (error)
		return error;
	for (unsigned n = 0; n < MOUNTS; n++)
		if (strcmp(mounts[n].path, path) == 0)
			return -EBUSY;
	return -EINVAL;
}
