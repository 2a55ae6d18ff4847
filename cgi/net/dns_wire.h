#ifndef NET_DNS_WIRE_H
#define NET_DNS_WIRE_H

/*
 * DNS messages, RFC 1035 4.1, with EDNS, RFC 6891.  Pure: octets in, values
 * out.  The octets come from anybody, so every step is bounded: names by 255
 * octets and by how often they may point back, records by number, and no
 * memory is taken before the record that needs it has been checked.
 */

#include "base/arena.h"
#include "base/dns.h"

#define WIRE_QUESTION_MAX	(12 + 255 + 4 + 11)
#define WIRE_UDP_MAX		1232	/* what we offer by EDNS; no fragments anywhere */
#define WIRE_RECORDS_MAX	4096
#define WIRE_CHAIN_MAX		16	/* aliases in a row */

#define WIRE_RECURSE		1U	/* RD, and AD: please tell whether you validated */
#define WIRE_EDNS		2U

/* Octets written, 0 when the name has no wire form.  One question, class IN. */
size_t		 wire_question(uint8_t buf[WIRE_QUESTION_MAX], uint16_t id, struct name,
		    enum rrtype, unsigned flags);

/*
 * Is this the answer to that question?  The same id, a reply (QR), a query
 * (opcode 0), our question and no other (case ignored), and, where it answers
 * at all, a record of class IN that belongs to the name asked for.  An answer
 * with FORMERR or NOTIMP may lack the question: old servers copy nothing that
 * they do not understand.  Whether the rest can be read is not asked here.
 */
bool		 wire_answers(const uint8_t *msg, size_t n, const uint8_t *question,
		    size_t question_n);

bool		 wire_truncated(const uint8_t *msg, size_t n);	/* TC */
unsigned	 wire_rcode(const uint8_t *msg, size_t n);	/* without EDNS's part */

struct wire_answer {
	/* MALFORMED: no DNS message; CNAME_LOOP; LIMIT: too many records. */
	enum dns_failure failure;
	unsigned	 rcode;			/* with EDNS's upper bits */
	bool		 authoritative, authenticated, recursive;
	const struct rr	*rrs;			/* of the asked type, at the end of the chain */
	size_t		 count;
	uint32_t	 ttl_s;			/* see struct dns_answer */
	struct name	 cname;			/* end of the chain, NULL = no alias */
	unsigned	 aliases;		/* how many steps it had */
	/* The chain ends at a name of which this message says nothing. */
	bool		 leads_out;
	/* Not responsible: only tells whom to ask instead. */
	bool		 referral;
};

/* Reads a message for which wire_answers holds.  All in *ret lives in the arena. */
void		 wire_read(struct arena *, const uint8_t *msg, size_t n, struct name asked,
		    enum rrtype, struct wire_answer *ret);

#endif
