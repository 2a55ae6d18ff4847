#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

/*
 * Plans: a fix's plan function is driven over fresh evidence, what it says is
 * put into one neutral JSON (ids and values, no words), hashed and kept.
 *
 * {"plan","hash","fix","target","domain","mode","params":{},"changes":[CHANGE],
 *  "alternatives":[{"text_id","values":{},"refused_id"}],"checks_after":[],
 *  "refused":null|{"code","text_id","values":{},"needs"},"copies":[],"remove":[],
 *  "copy_text"[,"copy_text_id","copy_values":{}],"where_id","operator","no_undo","public_differs"}
 */

#include "engine/rights.h"
#include "fixes/fix.h"

struct plan_order {			/* what is to be planned */
	const struct fix	*fix;
	const char		*target;	/* canonical text */
	const char		*tenant;	/* domain it belongs to; NULL = server */
	struct name		 domain;
	struct ip		 address;
	const char		*mailbox, *site;
	const struct fix_param	*params;
	size_t			 param_count;
	const char		*bulk;		/* id of the bulk run, or NULL */
};

/* ERR_NOT_FOUND: not for this role, not theirs.  ERR_VALUE: no such fix, target, parameter. */
bool	plan_aim(struct arena *, const struct rights *, const char *fix, const char *target,
	    const struct fix_param *, size_t count, struct plan_order *ret, struct err *);

/* KEY of a queue group BY:KEY; else the subject itself. */
const char *queue_key(const char *subject);

/*
 * A site as "DOMAIN/path": of itself, of a script as PHP names it
 * ("cust.example/x.php"), of a file ("/var/www/vhosts/cust.example/httpdocs/x.php":
 * the first folder that is a domain, of `own` where that is given).  NULL = not
 * told by the name.
 */
const char *site_target(struct arena *, const char *thing, bool (*own)(const void *ctx, const char *ascii),
	    const void *ctx, struct name *domain);

/* The restartable question; `plan` is set when it is answered. */
struct planning {
	struct engine		*engine;
	const struct rights	*rights;
	struct plan_order	 order;
	struct arena		*arena;		/* the plan's */
	struct delist_gate	 gate;
	struct json		*plan;
};

bool	plan_question(void *planning, struct evidence *, struct arena *);
/* When the question ended without an answer. */
void	plan_unknown(struct planning *);

/* Gives it an id and a hash. */
void	plan_seal(struct arena *, struct json *plan);
/* For store_plans_put. */
struct store_plan plan_row(struct json *plan, const struct rights *, const char *bulk, int64_t now);

/* The contract's answer, in a language. */
struct json *plan_words(struct engine *, struct arena *, const char *lang, const struct json *plan);

/* A text of the catalogue with the values of a JSON object; NULL id gives NULL. */
const char *words_text(struct engine *, struct arena *, const char *lang, const char *id,
	    const struct json *values);

/* Changes of a plan or an entry, as values in the arena. */
bool	changes_read(struct arena *, const struct json *list, struct change **ret, size_t *count,
	    struct err *);

#endif
