#ifndef STORE_CASES_H
#define STORE_CASES_H

/* Cases: a started "I have SPAM" or "blocked by Hotmail", with its notes. */

#include "store/store.h"

/* about: a domain in A-labels or "server"; kind: "spam" or "hotmail". */
bool		 store_case_open(struct store *, const char *about, const char *kind,
		    const char *login, int64_t now, int64_t *id, struct err *);
/* ERR_NOT_FOUND when unknown or not theirs. */
bool		 store_case_note(struct store *, const struct store_scope *, int64_t id,
		    const char *login, const char *text, int64_t now, struct err *);
/* state: "open", "handed_over", "closed". */
bool		 store_case_state(struct store *, const struct store_scope *, int64_t id,
		    const char *login, const char *state, int64_t now, struct err *);
/* Anything a page keeps with the case (steps done); replaces what was there. */
bool		 store_case_data(struct store *, const struct store_scope *, int64_t id,
		    const struct json *, int64_t now, struct err *);

/* {"case","about","kind","login","state","opened_at","updated_at","data","notes":[{"at","login","text"}]} */
struct json	*store_case_get(struct store *, struct arena *, const struct store_scope *,
		    int64_t id, struct err *);
/* {"cases":[the same without notes],"total"}; newest first.  state, about NULL = any. */
struct json	*store_cases(struct store *, struct arena *, const struct store_scope *,
		    const char *state, const char *about, size_t page, size_t per_page, struct err *);

#endif
