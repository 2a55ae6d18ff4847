#include "net/clamd.h"

#include <stddef.h>
#include <sys/stat.h>

const char *const clamd_sockets[] = {
	"/run/clamav/clamd.ctl",		/* Debian, Ubuntu */
	"/run/clamd.scan/clamd.sock",		/* AlmaLinux, Rocky, CloudLinux */
	"/run/clamav/clamd.sock",
	"/var/clamd",				/* cPanel's own */
	NULL,
};

const char *
clamd_socket(void)
{
	struct stat st;

	for (size_t i = 0; clamd_sockets[i] != NULL; i++)
		if (lstat(clamd_sockets[i], &st) == 0 && S_ISSOCK(st.st_mode))
			return clamd_sockets[i];
	return NULL;
}
