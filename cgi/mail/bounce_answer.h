#ifndef MAIL_BOUNCE_ANSWER_H
#define MAIL_BOUNCE_ANSWER_H

/*
 * The answer of a mail server inside the words of a report: where it begins,
 * where it ends, its codes (RFC 5321 4.2, RFC 3463) and who gave it.
 */

#include "base/text.h"

/*
 * The first answer in `t`, from its code to its end, folded as it stands.
 * False: there is no code in it.
 */
bool		 answer_find(struct text t, struct text *ret);

/* 4xx or 5xx or 2xx at the start of an answer; 0 = none. */
int		 answer_code(struct text answer);

/* The enhanced status nearest to the start: "5.1.1"; NULL = none. */
const char	*answer_status(struct arena *, struct text answer);

/* "5.1.1" out of a Status field, "5.0.0 (unknown)"; NULL = none. */
const char	*status_of_field(struct arena *, struct text field);

/* How much a status says: -1 NULL, 0 "5.0.0", 1 one number is 0, 2 both are set. */
int		 status_weight(const char *status);

/* The server that answered, as the words before the answer name it; NULL = not said. */
const char	*answer_mta(struct arena *, struct text t);

/* "550-5.1.1 no<CR><LF>550 5.1.1 such" on one line, marks of transcripts away. */
struct text	 answer_join(struct arena *, struct text answer, size_t max);

#endif
