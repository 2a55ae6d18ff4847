#ifndef ENGINE_TOOLS_H
#define ENGINE_TOOLS_H

/*
 * The mail tools: one question with the person's own input, one answer in the
 * contract's shape, for pages and commands alike.  Inputs are as written;
 * what cannot be a domain or an address is ERR_VALUE with a sentence.
 *
 * A time limit of 0 is the engine's; what is not known when it runs out is
 * temperror in the answer.
 */

#include "engine/engine.h"

struct psl;

struct spf_eval_input {
	const char	*ip, *helo, *sender, *receiver;	/* receiver NULL = "unknown" */
};

struct json	*engine_spf_eval(struct engine *, struct arena *, const char *lang,
		    const struct spf_eval_input *, uint32_t time_limit_ms, struct err *);

/*
 * `spf eval --batch`: lines are read, worked on at the same time, and written
 * in order.  ready: would read answer at once?  It is not called to wait while
 * answers are on their way.  read: false = no more; the line lives until the answer is written.
 */
struct spf_batch {
	bool	(*ready)(void *ctx);
	bool	(*read)(void *ctx, struct arena *, struct text *line);
	void	(*write)(void *ctx, const struct json *answer);
	void	*ctx;
};

void		 engine_spf_batch(struct engine *, const char *lang, const struct spf_batch *,
		    uint32_t time_limit_ms);

struct json	*engine_spf_explain(struct engine *, struct arena *, const char *lang, const char *domain,
		    const char *const *addresses, size_t count, uint32_t time_limit_ms, struct err *);

struct spf_wizard_input {
	const char		*domain;	/* NULL = none */
	const char *const	*senders;	size_t sender_count;
	const char *const	*addresses;	size_t address_count;
	const char		*all;		/* NULL = the provider's */
};

struct json	*engine_spf_wizard(struct engine *, struct arena *, const char *lang,
		    const struct spf_wizard_input *, uint32_t time_limit_ms, struct err *);

struct json	*engine_dkim_key(struct engine *, struct arena *, const char *lang, const char *domain,
		    const char *selector, uint32_t time_limit_ms, struct err *);

/* authenticated NULL = none; psl NULL = the engine's. */
struct json	*engine_dmarc_lookup(struct engine *, struct arena *, const char *lang, const char *domain,
		    const char *authenticated, const struct psl *psl, uint32_t time_limit_ms, struct err *);
/* A list that a person gave (--psl). */
struct psl	*engine_psl_read(struct arena *, struct text, struct err *);

/* spf NULL = SPF is not checked. */
struct json	*engine_message_verify(struct engine *, struct arena *, const char *lang, struct text message,
		    const struct spf_eval_input *spf, uint32_t time_limit_ms, struct err *);

/*
 * What the public DNS says of a domain or an address: {"asked","kind":"domain|address","addresses":[{"address",
 * "names":[{"name","confirmed":bool|null}]}],"unknown":["MX (timeout)"]}; of a domain also "zone","name_servers":[name],
 * "operator":name|null,"url","mx":[{"preference","host"}],"provider":id|null,"provider_name": who takes its mail in.
 * confirmed: the name leads back to the address.
 */
struct json	*engine_lookup(struct engine *, struct arena *, const char *what, uint32_t time_limit_ms, struct err *);
/* The id of the provider that takes in the mail of a domain or an address, by its MX; NULL = none that is known. */
const char	*engine_recipient_provider(struct engine *, struct arena *, const char *recipient, uint32_t time_limit_ms);

/* --- these ask nobody -------------------------------------------------------------------------------- */

/* `blacklist`: addresses and domains against every list that is asked. */
struct json	*engine_blacklist(struct engine *, struct arena *, const char *lang, const char *const *targets,
		    size_t count, uint32_t time_limit_ms, struct err *);

/* A message as received, or pasted text of a bounce. */
struct json	*engine_bounce_explain(struct engine *, struct arena *, const char *lang, struct text message);
/* From a file, "-" is standard input, in bounded memory whatever its size; NULL = it cannot be read. */
struct json	*engine_bounce_explain_file(struct engine *, struct arena *, const char *lang,
		    const char *path, struct err *);

/*
 * {"score":0..4,"good","bits","why":null|"short|long|name|characters|guessable","text"}.  `about`: the
 * mailbox, or what else everybody knows; NULL = none.  The answer never repeats the password.
 */
struct json	*engine_password_strength(struct engine *, struct arena *, const char *lang,
		    struct text password, const char *about);

/* What codes and answers of mail servers mean: tools/codes_json.h; query NULL = all. */
struct json	*engine_smtp_codes(struct engine *, struct arena *, const char *lang, const char *query);

/* Who can be chosen in the SPF wizard: {"senders":[{"id","name","kind","spf_needed"}]}. */
struct json	*engine_senders(struct engine *, struct arena *);

#endif
