#ifndef NET_CLAMD_H
#define NET_CLAMD_H

/*
 * Where ClamAV's daemon listens when nobody has configured it, by distribution.
 * Only folders that root makes: whoever could put a socket there owns the
 * machine already.
 */

/* Paths, NULL at the end. */
extern const char *const clamd_sockets[];

/* The first of them that is a socket, or NULL. */
const char	*clamd_socket(void);

#endif
