#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

/*
 * One question to one server, over UDP or TCP, carried by c-ares 1.18.1.
 *
 * What c-ares does here: descriptors, time-outs, TCP framing, connection
 * errors.  What it may not decide, since it would turn EDNS off for everybody
 * at one FORMERR, cut answers to 512 octets without EDNS, take any message
 * with the right id and question for an answer, and double its time-outs:
 * whether a datagram is an answer, what it says, and what happens next.
 * Therefore a channel has one server, one try and no EDNS; our own receive
 * function (ares_set_socket_functions) looks at every datagram first, keeps
 * the octets, and shows c-ares only the header and question of true answers.
 *
 * Over UDP time is kept here too: a question is sent again, the same octets from
 * the same port, at every time-out until its sends are used up, so a late answer to
 * an earlier sending is an answer.  Where the network is known to lose much
 * (hurry), four times as often and for twice as long.
 *
 * Lost answers: a socket's receive buffer holds a certain number of datagrams,
 * so a channel carries only so many questions at once (CHANNEL_WINDOW), its
 * buffer is enlarged, and more channels are opened to the same server.  A
 * channel that has carried CHANNEL_LIFE questions gets no new ones until it is
 * empty; c-ares then closes the socket and the next one has another port, which keeps
 * forging answers hard (RFC 5452 9.2).
 */

#include "base/addr.h"
#include "base/err.h"
#include "net/loop.h"

#define CHANNEL_WINDOW	64
#define CHANNEL_LIFE	1024
#define CHANNELS_MAX	64	/* of each transport; about 75 KiB each, inside c-ares */

struct channels;

enum channel_outcome {
	CHANNEL_REPLY,		/* wire_answers holds for it */
	CHANNEL_NONSENSE,	/* over TCP: something that is no answer */
	CHANNEL_TIMEOUT,
	CHANNEL_UNREACHABLE,
	CHANNEL_AGAIN,		/* not the end: no answer yet, sent once more */
};

/* msg is NULL unless REPLY, and holds until the call returns.  The call must
 * not ask: it comes from inside c-ares.  It is always made later than
 * channel_ask, except that a dead network may be told from inside of it. */
typedef void	(*channel_fn)(void *ctx, enum channel_outcome, const uint8_t *msg, size_t n);

struct channels	*channels_new(struct loop *, uint32_t timeout_ms, struct err *);
void		 channels_free(struct channels *);	/* open questions are dropped silently */

/* The octets of the question; the id is ours to fill in.  False: no channel is
 * free now; ask again when something has been answered. */
bool		 channel_ask(struct channels *, struct endpoint, bool tcp,
		    const uint8_t *question, size_t n, unsigned sends, bool hurry, channel_fn,
		    void *ctx);
/* From now on, for the open ones too. */
void		 channels_hurry(struct channels *, struct endpoint, bool);

/* The system's resolvers (resolv.conf), at most max; 127.0.0.1 when none. */
size_t		 channel_system_servers(struct endpoint *ret, size_t max);

#endif
