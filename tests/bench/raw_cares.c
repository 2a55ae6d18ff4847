/*
 * The ceiling of the bulk benchmark: a bare c-ares program that asks a list of
 * questions ("TYPE NAME" a line, on standard input), WINDOW in flight, and
 * counts.  usage: raw_cares ADDRESS PORT WINDOW
 */

#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

static size_t in_flight, answered, failed;

static void
on_answer(void *ctx, int status, int timeouts, unsigned char *p, int n)
{
	(void)ctx, (void)timeouts, (void)p, (void)n;
	in_flight--;
	answered++;
	failed += status == ARES_ETIMEOUT;
}

static int
type_of(const char *word)
{
	static const struct { const char *word; int type; } types[] = { { "A", ns_t_a }, { "AAAA", ns_t_aaaa },
	    { "NS", ns_t_ns }, { "MX", ns_t_mx }, { "TXT", ns_t_txt }, { "PTR", ns_t_ptr }, { "SOA", ns_t_soa },
	    { "SPF", 99 }, { "CNAME", ns_t_cname } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].word, word) == 0)
			return types[i].type;
	return ns_t_txt;
}

static int
big_buffer(ares_socket_t fd, int type, void *ctx)
{
	int size = 4 << 20;

	(void)type, (void)ctx;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

int
main(int argc, char **argv)
{
	struct ares_options options = { .timeout = 2000, .tries = 2 };
	size_t window = argc > 3 ? (size_t)atoi(argv[3]) : 100;
	struct timespec a, b;
	ares_channel channel;
	char line[2048], server[128];
	int more = 1;

	if (argc < 3 || ares_library_init(ARES_LIB_INIT_ALL) != 0 ||
	    ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != 0)
		return 2;
	ares_set_socket_configure_callback(channel, big_buffer, NULL);
	snprintf(server, sizeof(server), "%s:%s", argv[1], argv[2]);
	ares_set_servers_ports_csv(channel, server);
	clock_gettime(CLOCK_MONOTONIC, &a);
	while (more || in_flight > 0) {
		fd_set in, out;
		struct timeval tv = { 1, 0 }, *t;
		int n;

		while (more && in_flight < window) {
			char *name;

			if (fgets(line, sizeof(line), stdin) == NULL) {
				more = 0;
				break;
			}
			line[strcspn(line, "\n")] = '\0';
			if ((name = strchr(line, ' ')) == NULL)
				continue;
			*name++ = '\0';
			in_flight++;
			ares_query(channel, name, ns_c_in, type_of(line), on_answer, NULL);
		}
		FD_ZERO(&in);
		FD_ZERO(&out);
		if ((n = ares_fds(channel, &in, &out)) == 0)
			continue;
		t = ares_timeout(channel, &tv, &tv);
		select(n, &in, &out, NULL, t);
		ares_process(channel, &in, &out);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("{\"questions\":%zu,\"timeouts\":%zu,\"seconds\":%.3f}\n", answered, failed,
	    (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	return 0;
}
