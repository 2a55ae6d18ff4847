#ifndef CLI_LIVE_API_H
#define CLI_LIVE_API_H

/*
 * cpsrvd gives each .live.cgi program a socket on which it could call the
 * account's UAPI, and keeps the request open until that connection was used
 * and said goodbye to.  We ask the panel from the backend, so all that we say
 * is the goodbye.
 *
 * A message is its length in decimal, a newline, and that many bytes; after
 * the shutdown the server closes.
 */

/* The environment variable that holds the socket's path. */
#define LIVE_API_SOCKET		"CPANEL_CONNECT_SOCKET"

/* Nothing is waited for longer than limit_ms; path NULL or empty: nothing is done. */
void	live_api_end(const char *path, int limit_ms);

#endif
