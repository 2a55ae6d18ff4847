#ifndef MAIL_BOUNCE_CLASS_H
#define MAIL_BOUNCE_CLASS_H

/* The cause of a refusal: the server's own words, then its enhanced status
 * (RFC 3463), then its basic code (RFC 5321 4.2.3). */

#include "mail/bounce.h"

struct bounce_classes;			/* remembers answers: reports repeat themselves */

struct bounce_classes	*bounce_classes_new(struct arena *, const struct data *);

/* Fills provider, category, steps, pattern and addresses of a recipient whose
 * other fields are set.  The reporting server may be NULL. */
void			 bounce_classify(struct bounce_classes *, const char *reporting_mta,
			    struct bounce_recipient *);

#endif
