/*
 * Ask one question per line of standard input and print what came:
 *
 *   net_ask [-r HOST:PORT]... [-t TIMEOUT_MS] [-n TRIES] [-w IN_FLIGHT] [-p] [-q]
 *   NAME TYPE [HOST:PORT...]	with servers: asked as authoritative
 *
 * -p allows private addresses, -q prints only the counts.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "net/net.h"

struct ask {
	bool	quiet;
	size_t	outcomes[4];
};

static void
print_record(const struct dns_answer *d, const struct rr *rr, struct arena *a)
{
	size_t i;

	switch (d->type) {
	case RR_A:
	case RR_AAAA:
		printf(" %s", ip_str(a, rr->u.ip));
		break;
	case RR_MX:
		printf(" %u/%s", rr->u.mx.preference, rr->u.mx.exchange.s);
		break;
	case RR_TXT:
		printf(" ");
		for (i = 0; i < rr->u.txt.count && i < 4; i++)
			printf("[%s]", text_show(a, text_head(rr->u.txt.strings[i], 80)));
		printf("(%zu)", rr->u.txt.joined.n);
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		printf(" %s", rr->u.name.s);
		break;
	case RR_SOA:
		printf(" %s %s %u %u", rr->u.soa.mname.s, rr->u.soa.rname.s, rr->u.soa.serial,
		    rr->u.soa.minimum_s);
		break;
	default:
		printf(" raw(%zu)", rr->u.raw.n);
	}
}

static void
on_reply(void *ctx, const struct reply *reply)
{
	static const char *const words[] = { "FOUND", "NODATA", "NXDOMAIN", "FAILED" };
	const struct dns_answer *d = reply->u.dns;
	struct ask *ask = ctx;
	struct arena *a = arena_new();
	size_t i;

	ask->outcomes[d->outcome]++;
	if (!ask->quiet) {
		printf("%s %s %s %s rcode=%u aa=%d ttl=%u cname=%s server=%s took=%u count=%zu",
		    d->name.s, rrtype_word(d->type), words[d->outcome],
		    dns_failure_word(d->failure), d->rcode, d->authoritative, d->ttl_s,
		    d->cname.s == NULL ? "-" : d->cname.s, endpoint_str(a, d->server),
		    reply->took_ms, d->count);
		for (i = 0; i < d->count && i < 8; i++)
			print_record(d, &d->rrs[i], a);
		printf("\n");
	}
	arena_free(a);
}

static void
submit(struct net *net, char *line, struct ask *ask)
{
	struct arena *a = arena_new();
	struct request r = { .kind = REQUEST_DNS };
	struct endpoint servers[16];
	char *word, *rest = line;

	word = strsep(&rest, " ");
	if (!name_parse(a, text_of(word), &r.u.dns.name) ||
	    !rrtype_parse(text_of(word = strsep(&rest, " ")), &r.u.dns.type))
		exit(2);
	while (rest != NULL && r.u.dns.count < 16) {
		word = strsep(&rest, " ");
		if (!endpoint_parse(text_of(word), 53, &servers[r.u.dns.count++]))
			exit(2);
	}
	r.u.dns.servers = servers;
	net_submit(net, &r, on_reply, ask);
	arena_free(a);
}

int
main(int argc, char **argv)
{
	struct endpoint resolvers[16];
	struct net_config config = { .dns_timeout_ms = 2000, .dns_tries = 2, .dns_in_flight = 256 };
	struct net_stats stats;
	struct timespec from, to;
	struct ask ask = { 0 };
	struct err err;
	struct net *net;
	char *line = NULL;
	size_t size = 0, ahead;
	ssize_t n;
	bool end = false;
	int c;

	while ((c = getopt(argc, argv, "r:t:n:w:s:pq")) != -1) {
		if (c == 'r' && config.resolver_count < 16) {
			if (!endpoint_parse(text_of(optarg), 53,
			    &resolvers[config.resolver_count++]))
				return 2;
		} else if (c == 't')
			config.dns_timeout_ms = (uint32_t)atoi(optarg);
		else if (c == 'n')
			config.dns_tries = (uint32_t)atoi(optarg);
		else if (c == 'w')
			config.dns_in_flight = (uint32_t)atoi(optarg);
		else if (c == 's')
			config.dns_per_server = (uint32_t)atoi(optarg);
		else if (c == 'p')
			config.allow_private = true;
		else if (c == 'q')
			ask.quiet = true;
	}
	config.resolvers = resolvers;
	net = net_new(&config, &err);
	if (net == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	ahead = 2 * (size_t)config.dns_in_flight;
	clock_gettime(CLOCK_MONOTONIC, &from);
	while (!end || net_open(net) > 0) {
		while (!end && net_open(net) < ahead) {
			if ((n = getline(&line, &size, stdin)) == -1)
				end = true;
			else {
				line[strcspn(line, "\n")] = '\0';
				submit(net, line, &ask);
			}
		}
		if (net_open(net) > 0)
			net_turn(net, -1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	net_stats(net, &stats);
	fprintf(stderr, "found=%zu nodata=%zu nxdomain=%zu failed=%zu sent=%llu timeouts=%llu "
	    "tcp=%llu seconds=%.3f\n", ask.outcomes[0], ask.outcomes[1], ask.outcomes[2],
	    ask.outcomes[3], (unsigned long long)stats.dns_sent,
	    (unsigned long long)stats.dns_timeouts, (unsigned long long)stats.dns_tcp,
	    (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	net_free(net);
	free(line);
	return 0;
}
