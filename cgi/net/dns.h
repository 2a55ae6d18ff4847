#ifndef NET_DNS_H
#define NET_DNS_H

/*
 * Looking up: which server is asked next, when to give up, what the answers
 * mean together.  channel.h carries, dns_wire.h reads.
 *
 * Attempts.  Servers are asked in the order given (those that were silent
 * lately last), then all once more, up to `tries` times each; the last one left is
 * asked its tries by the same question (channel.h).  A time-out, a SERVFAIL and an
 * answer that cannot be read are failed attempts; a server that refused, does not
 * implement, is lame, or calls our question malformed is not asked again.  FORMERR,
 * NOTIMP and BADVERS to a question with EDNS: the same server at once without EDNS,
 * which is no try of its own; when that helps, it is remembered for this server.
 * TC: the same server by TCP.
 *
 * More attempts than `tries`: two for answers that came damaged; and at a server
 * where asking again has been seen to help, which dead ones never show (dns.c).
 *
 * Aliases are followed inside an answer, and where a resolver's answer ends
 * with an alias that it says nothing more about, the resolver is asked for that
 * name, up to 16 steps in all.  A named (authoritative) server is asked only
 * for its own word: where its alias leads out, the answer is NODATA with
 * `cname` set, and the caller goes on at the resolver.
 *
 * Windows.  At most `in_flight` questions are under way in the whole process, and
 * fewer when more would bring nothing (window.h); authoritative servers have a
 * limit each.
 */

#include "base/arena.h"
#include "base/request.h"
#include "net/loop.h"

struct lookups;

struct lookups_config {
	const struct endpoint	*resolvers;
	size_t			 resolver_count;	/* 0 = the system's */
	uint32_t		 timeout_ms, tries;
	uint32_t		 in_flight, per_server;
	bool			 allow_private;
};

typedef void	(*lookup_fn)(void *ctx, const struct dns_answer *);

struct lookups	*lookups_new(struct loop *, const struct lookups_config *, struct err *);
void		 lookups_free(struct lookups *);	/* open ones are dropped silently */

/*
 * The answer is made in the arena, which must live until then; the name and
 * the servers must, too.  `done` is called once, from lookups_turn, and may
 * call lookup.
 */
void		 lookup(struct lookups *, struct arena *, const struct request_dns *,
		    lookup_fn done, void *ctx);

/* Send what may be sent, deliver what is ready; true = something was delivered,
 * so there may be more to do. */
bool		 lookups_turn(struct lookups *);

struct lookup_stats { uint64_t sent, answered, timeouts, tcp; };
void		 lookups_stats(const struct lookups *, struct lookup_stats *ret);

#endif
