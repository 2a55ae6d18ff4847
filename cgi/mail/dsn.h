#ifndef MAIL_DSN_H
#define MAIL_DSN_H

/*
 * Delivery status notifications: the fields of message/delivery-status (RFC
 * 3464, RFC 6533 for international addresses) and what imitators write like
 * them, in a part of its own or in the middle of a text.
 */

#include "base/text.h"

#define DSN_RECIPIENTS_MAX	10000

enum dsn_action {
	DSN_NONE,			/* not said */
	DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED,
};

struct dsn_recipient {
	struct text	 final, original;	/* addresses; p NULL = none, or not an Internet address */
	enum dsn_action	 action;
	struct text	 status;		/* the field, as it stands; p NULL = none */
	struct text	 diagnostic;		/* unfolded, with its type; p NULL = none */
	struct text	 remote_mta;		/* unfolded, with its type */
	bool		 named;			/* there was a recipient field, whatever it held */
};

struct dsn {
	struct text		 reporting_mta;	/* with its type; p NULL = none */
	struct text		 sender;	/* X-Postfix-Sender and the like: address */
	struct dsn_recipient	*recipients;
	size_t			 count;
	bool			 too_many;
};

/* Reads every field it knows; lines that are none are passed over. */
const struct dsn	*dsn_parse(struct arena *, struct text fields);

/* "dns; mx.example.net (192.0.2.1)" -> "mx.example.net": type, comments and
 * brackets away, lower case, A-labels; NULL when nothing sensible is left. */
const char		*dsn_mta(struct arena *, struct text);

/* The value without "type;"; the type (as it stands) in *type when not NULL. */
struct text		 dsn_untyped(struct text, struct text *type);

/* One line, single blanks; at most `max` bytes. */
struct text		 dsn_one_line(struct arena *, struct text, size_t max);

const char		*dsn_action_word(enum dsn_action);

#endif
