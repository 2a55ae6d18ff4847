#ifndef MAIL_BOUNCE_READING_H
#define MAIL_BOUNCE_READING_H

/* What the files of mail/bounce*.c share while one message is read. */

#include "mail/bounce.h"
#include "mail/bounce_class.h"
#include "mail/bounce_text.h"
#include "mail/mime.h"

#define BOUNCE_FIELDS_MAX	(8 * 1024 * 1024)	/* of a delivery status */
#define BOUNCE_DIAGNOSTIC_MAX	2000
#define BOUNCE_FAILED_MAX	200			/* addresses of X-Failed-Recipients */

struct reading {
	struct arena		*arena;
	const struct data	*data;
	const struct mime	*mime;
	struct bounce		*b;
	struct bounce_classes	*classes;
	struct map		*seen;		/* addresses of b->recipients */
	size_t			 size;		/* room in b->recipients */
	size_t			 expected;	/* recipients of the report */
	struct text		 people;	/* the words before the returned message */
	struct text		 original;	/* the returned message's header, or its text */
	struct text		 dsn_sender;
	struct text		 failed[BOUNCE_FAILED_MAX];
	size_t			 failed_count;
	const char		*subject;	/* lower case */
	const char		*words;		/* `people` in lower case */
	struct text		 from, to;	/* of the report: addresses; n 0 = none */
	bool			 daemon;	/* a mail system wrote it */
	bool			 has_head;
	char			 key[600];	/* an address in lower case */
};

/* --- bounce.c: recipients --- */

/* NULL: it was there before, or there are too many. */
struct bounce_recipient	*bounce_add_recipient(struct reading *, struct text addr);
/* Status and code, by the status field (p NULL = none) and the diagnostic. */
void		 bounce_set_codes(struct reading *, struct bounce_recipient *, struct text field);
/* What the report is; `nobody`: where it names no recipient. */
enum bounce_kind bounce_kind_of_recipients(const struct bounce *, enum dsn_action nobody);

/* --- ses_json.c: what Amazon SES tells in JSON --- */

enum ses_json {
	SES_JSON_NONE,		/* not JSON, or JSON about something else */
	SES_JSON_READ,		/* the bounce is filled, or is none: SES tells of something else */
	SES_JSON_UNREADABLE,	/* looks like it, but is no JSON, or too large or too deep */
};

/* Needs arena, data, b, classes and seen only. */
enum ses_json	 ses_json_read(struct reading *, struct text);

/* --- bounce_parts.c: the parts and what they hold --- */

bool		 bounce_is_status(const char *type);
bool		 bounce_is_feedback(const char *type);
bool		 bounce_is_disposition(const char *type);
/* Not inside a returned message. */
bool		 bounce_is_outer(const struct mime *, size_t part);
/* The first such part outside returned messages, or MIME_NONE. */
size_t		 bounce_find_part(const struct mime *, bool (*is)(const char *type));
struct text	 bounce_part_text(struct reading *, const struct mime_part *, size_t max);
void		 bounce_problem(struct reading *, const char *code, bool is);
void		 bounce_read_head(struct reading *);
void		 bounce_read_people(struct reading *);
/* Message-ID and sender of the returned message. */
void		 bounce_read_original(struct reading *);
void		 bounce_read_feedback(struct reading *, size_t part);
/* Microsoft's complaints that are no RFC 5965 reports; false = this is none. */
bool		 bounce_read_jmrp(struct reading *);

/* --- bounce_kind.c: who wrote it, and what it is by its words --- */

enum verdict { SAYS_NOTHING, SAYS_REPORT, SAYS_AUTO_REPLY };

/* A mail system wrote it. */
bool		 bounce_is_daemon(struct reading *);
enum verdict	 bounce_verdict(struct reading *);
enum dsn_action	 bounce_action_of_words(struct reading *);

#endif
