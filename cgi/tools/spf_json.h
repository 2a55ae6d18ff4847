#ifndef TOOLS_SPF_JSON_H
#define TOOLS_SPF_JSON_H

/*
 * The answers of the SPF tools as the command line and the pages give them:
 * keys and values of the contract, words from the catalogues.
 */

#include "mail/spf_wizard.h"
#include "tools/problem_json.h"

/* `spf eval`; without the trace as part of `message verify`. */
void		spf_eval_put(struct json *into, struct arena *, const struct spf_answer *, bool trace,
		    const struct tool_words *);

/* `spf explain`: the tree, and what could be published instead. */
void		spf_explain_put(struct json *into, struct arena *, struct name domain,
		    const struct spf_tree *, const struct spf_proposal *const *proposals, size_t count,
		    const struct tool_words *);

/* {"fix","record","strings","bind","lookups","void_lookups","results","edits","alternatives","refused"} */
void		spf_proposal_put(struct json *into, struct arena *, const struct spf_proposal *,
		    const struct tool_words *);

/* `spf wizard`. */
void		spf_wizard_put(struct json *into, struct arena *, const struct spf_wizard *,
		    const struct tool_words *);

/* A reason in words. */
const char	*spf_reason_words(struct arena *, const struct spf_reason *, const struct tool_words *);

#endif
