#ifndef MAIL_ARF_H
#define MAIL_ARF_H

/* Complaints: the fields of message/feedback-report (RFC 5965, RFC 6591). */

#include "base/text.h"

struct arf {
	const char	*type;		/* abuse, fraud, virus, auth-failure, not-spam, other */
	const char	*source_ip;	/* in its canonical form; NULL = not told */
	const char	*reported_domain;	/* A-labels; NULL = not told */
	const char	*reporting_mta;
	struct text	 mail_from;	/* Original-Mail-From; p NULL = not told */
};

const struct arf	*arf_parse(struct arena *, struct text fields);

#endif
