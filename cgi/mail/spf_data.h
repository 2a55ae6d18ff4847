#ifndef MAIL_SPF_DATA_H
#define MAIL_SPF_DATA_H

/* The numbers of a record as JSON: the `data` of every spf.* finding, and part of `spf explain`. */

#include "base/json.h"
#include "mail/spf_explain.h"

/*
 * Puts "record" (null unless there is exactly one), "records", "lookups",
 * "void_lookups", "terms" and "results" into `into`.
 */
void		spf_data_put(struct json *into, struct arena *, const struct spf_tree *);

/* Of one term: "depth", "domain", "term", "cost", "total", "void", "note". */
void		spf_cost_put(struct json *into, const struct spf_cost *);

/* [{"address","result"}] */
void		spf_results_put(struct json *into, const char *key, struct arena *,
		    const struct spf_address_result *, size_t count);

#endif
