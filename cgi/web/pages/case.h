#ifndef WEB_PAGES_CASE_H
#define WEB_PAGES_CASE_H

/* What the pages of cases share: cases.c has their list and changes, case.c what one holds. */

#include "web/page.h"

/* The number of the route; 0 = none. */
int64_t		 case_number(const struct exchange *);
/* What a row of the list and the head of a case say. */
void		 view_case(struct json *one, const struct exchange *, const struct json *of);
/* The last report of what it is about, in the person's language; NULL = none yet, or not theirs to know. */
const struct json *case_report_of(struct exchange *, const char *about);
/* [{"id","verdict","subject"}] of what stands against it: kept when a case begins. */
struct json	*case_found(struct arena *, const struct json *report);

#endif
