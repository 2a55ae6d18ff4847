#ifndef MAIL_BOUNCE_H
#define MAIL_BOUNCE_H

/*
 * What a mail system says about messages it could not deliver: RFC 3464
 * reports and their imitators, reports in words, complaints (RFC 5965, RFC
 * 6591), and the automatic answers that are none of them (RFC 3834).
 * Pure: a text in, what it says out.  Bytes as in the message.
 */

#include "base/addr.h"
#include "mail/data.h"
#include "mail/dsn.h"
#include "mail/problem.h"

#define BOUNCE_ADDRESSES_MAX	20

enum bounce_kind {
	BOUNCE_NONE,		/* not a bounce */
	BOUNCE_FAILED, BOUNCE_DELAYED, BOUNCE_DELIVERED, BOUNCE_FEEDBACK, BOUNCE_AUTO_REPLY,
};

struct bounce_recipient {
	struct text		 address;		/* addr-spec; p NULL = not an Internet address, or not told */
	struct text		 original_address;	/* p NULL = not told */
	enum dsn_action		 action;
	const char		*status;		/* "5.1.1"; NULL = none */
	int			 smtp_code;		/* 0 = none */
	struct text		 diagnostic;		/* one line; p NULL = none */
	struct text		 hint;			/* words that may tell the cause where there is no diagnostic */
	const char		*mta;			/* name or address of who answered; NULL = not told */
	const struct provider	*provider;		/* NULL = none that is known */
	const char		*category;		/* word of the contract */
	const struct text_list	*steps;			/* advice: bounce.step.ID */
	const char		*pattern;		/* id of the pattern that decided; NULL = code or nothing */
	struct ip		*addresses;		/* named in the diagnostic */
	size_t			 address_count;
	bool			 resolver_refused;	/* the receiver's own block list query was refused */
};

struct bounce_feedback {
	const char	*type;		/* abuse, fraud, virus, auth-failure, not-spam, other */
	const char	*source_ip;	/* NULL = not told */
	const char	*reported_domain;
};

struct bounce {
	enum bounce_kind	 kind;
	const char		*reporting_mta;
	struct text		 original_message_id;	/* with its angle brackets; p NULL = not told */
	struct text		 original_sender;	/* addr-spec */
	bool			 has_feedback;
	struct bounce_feedback	 feedback;
	struct bounce_recipient	*recipients;
	size_t			 count;
	struct problems		 problems;
};

/* The message must live as long as the result. */
struct bounce		*bounce_read(struct arena *, const struct data *, struct text message);

const char		*bounce_kind_word(enum bounce_kind);

#endif
