#ifndef MAIL_SCORE_PARTS_H
#define MAIL_SCORE_PARTS_H

/* What the files of score.h share; nobody else includes it. */

#include "mail/score.h"

/* The item, to add values to; never NULL.  A code is told once: the first holds, NULL values aside. */
struct score_item *score_add(struct score_items *, const char *code, enum problem_severity, int points,
		    const char *fix);
bool		 score_has(const struct score_items *, const char *code);
void		 score_value(struct score_items *, struct score_item *, const char *name, struct text);
void		 score_value_int(struct score_items *, struct score_item *, const char *name, int64_t);

/* The registered domain, by the list or else the last two labels; the name itself when it is a suffix. */
struct name	 score_domain(struct arena *, const struct psl *, struct name);
bool		 score_same_domain(struct arena *, const struct psl *, struct name, struct name);
bool		 score_in_list(const struct text_list *, const char *domain);	/* or below one of it */
bool		 score_freemail(const struct data *, const char *domain);
void		 score_note_domain(struct score_content *, struct name);

/* The right side of the Message-ID; false = none, or none that can be read. */
bool		 score_message_id_host(const struct score_content *, struct name *ret);

void		 score_head(struct score_content *);		/* header fields, dates */
void		 score_bulk(struct score_content *);		/* for many: unsubscribing */
void		 score_body(struct score_content *);		/* parts, texts, links */
void		 score_attachments(struct score_content *);

/* Who sent it, who signed it, who lists it. */
void		 score_sender(struct score_items *, const struct score_content *, const struct score_outside *);
/* What the large providers ask of bulk senders and what of it is missing. */
void		 score_rules(struct score_items *, const struct score_content *, const struct score_outside *);

#endif
