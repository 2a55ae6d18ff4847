#include "engine/tools.h"

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools_internal.h"
#include "mail/psl.h"
#include "mail/verify.h"
#include "tools/dkim_json.h"
#include "tools/dmarc_json.h"
#include "tools/verify_json.h"

struct tool_words
tool_words_of(const struct engine *e, const char *lang)
{
	return (struct tool_words){ e->setup.catalog, lang };
}

/* --- DKIM, DMARC ------------------------------------------------------------------------------------------- */

struct key_question {
	struct name		 domain;
	const char		*selector;
	struct tool_words	 words;
	struct arena		*arena;
	struct json		*answer;
};

static bool
key_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct key_question *k = ctx;
	struct dns_source dns = ev_dns_source(ev);

	(void)a;
	if (dkim_key_tool(k->arena, &dns, k->selector, k->domain, &k->words, &k->answer))
		return true;
	ev_wait(ev);
	return false;
}

struct json *
engine_dkim_key(struct engine *e, struct arena *a, const char *lang, const char *domain,
    const char *selector, uint32_t time_limit_ms, struct err *err)
{
	struct key_question k = { .selector = selector, .words = tool_words_of(e, lang), .arena = a };
	struct name whole;

	if (!name_from_person(a, text_of(domain), &k.domain, err))
		return NULL;
	if (selector == NULL || !dkim_key_name(a, selector, k.domain, &whole)) {
		err_set(err, ERR_VALUE, "'%s' is no selector", selector == NULL ? "" : selector);
		return NULL;
	}
	engine_ask(e, key_question, &k, time_limit_ms);
	return k.answer;
}

struct walk_question {
	struct dmarc_question	 question;
	struct tool_words	 words;
	struct arena		*arena;
	struct json		*answer;
};

static bool
walk_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct walk_question *w = ctx;
	struct dns_source dns = ev_dns_source(ev);

	(void)a;
	if (dmarc_lookup_tool(w->arena, &dns, &w->question, &w->words, &w->answer))
		return true;
	ev_wait(ev);
	return false;
}

struct json *
engine_dmarc_lookup(struct engine *e, struct arena *a, const char *lang, const char *domain,
    const char *authenticated, const struct psl *psl, uint32_t time_limit_ms, struct err *err)
{
	struct walk_question w = { .words = tool_words_of(e, lang), .arena = a };

	if (!name_from_person(a, text_of(domain), &w.question.domain, err) || (authenticated != NULL &&
	    !name_from_person(a, text_of(authenticated), &w.question.authenticated, err)))
		return NULL;
	w.question.psl = psl != NULL ? psl : e->setup.rules->psl;
	engine_ask(e, walk_question, &w, time_limit_ms);
	return w.answer;
}

struct psl *
engine_psl_read(struct arena *a, struct text text, struct err *err)
{
	return psl_read(a, text, err);
}

/* --- a message ------------------------------------------------------------------------------------------------ */

struct message_question {
	struct message		 message;
	struct spf_told		 spf;
	bool			 with_spf, spf_done;
	struct tool_words	 words;
	struct arena		*arena;
	struct json		*answer;
};

static enum verify_spf
verify_spf_of(enum spf_result result)
{
	return result == SPF_PASS ? VERIFY_SPF_PASS :
	    result == SPF_TEMPERROR ? VERIFY_SPF_TEMPERROR : VERIFY_SPF_OTHER;
}

static bool
message_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct message_question *m = ctx;
	struct dns_source dns = ev_dns_source(ev);
	struct verify_input in = { .message = &m->message, .now = evidence_now(ev) };
	struct verify verify;

	if (m->with_spf) {
		if (!m->spf_done && !spf_told_question(&m->spf, ev, a))
			return false;
		m->spf_done = true;
		in.spf = verify_spf_of(m->spf.answer.result);
		name_parse(a, text_of(m->spf.answer.domain), &in.spf_domain);
	}
	if (!verify_message(a, &dns, &in, &verify)) {
		ev_wait(ev);
		return false;
	}
	m->answer = verify_json(m->arena, &verify, m->with_spf ? m->spf.into : NULL, &m->words);
	return true;
}

struct json *
engine_message_verify(struct engine *e, struct arena *a, const char *lang, struct text message,
    const struct spf_eval_input *spf, uint32_t time_limit_ms, struct err *err)
{
	struct message_question m = { .words = tool_words_of(e, lang), .arena = a,
	    .with_spf = spf != NULL };

	if (!message_read(a, message, &m.message, err))
		return NULL;
	if (spf != NULL) {
		m.spf = (struct spf_told){ .into = json_new_object(a), .words = m.words };
		if (!spf_input(spf, &m.spf.query, err))
			return NULL;
	}
	engine_ask(e, message_question, &m, time_limit_ms);
	return m.answer;
}
