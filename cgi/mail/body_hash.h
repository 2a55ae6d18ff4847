#ifndef MAIL_BODY_HASH_H
#define MAIL_BODY_HASH_H

/*
 * Body hashes of many signatures at once: the body is made canonical at most
 * twice (simple, relaxed), however many signatures ask, and equal wishes share
 * one digest.
 */

#include "mail/crypto.h"
#include "mail/dkim_canon.h"

struct body_wish {
	enum canon	 canon;
	enum hash	 hash;
	bool		 has_length;	/* l= */
	uint64_t	 length;
};

struct body_hash {
	struct body_wish wish;
	struct digest	*digest;
	uint64_t	 left;		/* octets still to be hashed */
	uint8_t		 value[HASH_BYTES_MAX];
	size_t		 n;
	uint64_t	 body_bytes;	/* of the whole canonical body */
};

struct body_hashes {
	struct arena		*arena;
	struct body_hash	**list;
	size_t			 count, size;
};

/* The entry of such a wish; filled in by body_hashes_run. */
struct body_hash	*body_hashes_want(struct body_hashes *, struct body_wish);
void			 body_hashes_run(struct body_hashes *, struct text body);

#endif
