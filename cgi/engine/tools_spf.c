#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools_internal.h"
#include "mail/data.h"
#include "mail/spf_wizard.h"
#include "tools/spf_json.h"

/* --- SPF: one check ------------------------------------------------------------------------------------- */

bool
spf_input(const struct spf_eval_input *in, struct spf_query *q, struct err *err)
{
	if (in->ip == NULL || !ip_parse(text_of(in->ip), &q->ip))
		return err_set(err, ERR_VALUE, "'%s' is no IP address", in->ip == NULL ? "" : in->ip);
	q->helo = text_of(in->helo);
	q->sender = text_of(in->sender);
	if (in->receiver != NULL)
		q->receiver = text_of(in->receiver);
	return true;
}

bool
spf_told_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct spf_told *told = ctx;

	told->dns = ev_dns_source(ev);
	told->query.dns = &told->dns;
	told->query.now_s = evidence_now(ev);
	if (told->cache == NULL)
		told->cache = spf_cache_new(a);
	told->query.cache = told->cache;
	if (!spf_check_host(a, &told->query, &told->answer)) {
		ev_wait(ev);
		return false;
	}
	spf_eval_put(told->into, a, &told->answer, told->trace, &told->words);
	return true;
}

struct json *
engine_spf_eval(struct engine *e, struct arena *a, const char *lang, const struct spf_eval_input *in,
    uint32_t time_limit_ms, struct err *err)
{
	struct spf_told told = { .into = json_new_object(a), .trace = true,
	    .words = tool_words_of(e, lang) };

	if (!spf_input(in, &told.query, err))
		return NULL;
	engine_ask(e, spf_told_question, &told, time_limit_ms);
	return told.into;
}

/* --- SPF: a stream of them ---------------------------------------------------------------------------------- */

#define BATCH_AT_ONCE	256

struct batch_line {
	struct arena		*arena;
	struct spf_told		 told;
	bool			 ready, wrong, named;	/* named: the line has an id */
	struct batch_line	*next;		/* in the order of the input */
};

struct batch_state {
	struct engine		*engine;
	const char		*lang;
	const struct spf_batch	*batch;
	struct batch_line	*first, **last;
};

static void
line_error(struct batch_line *line, const char *text)
{
	if (!line->named)
		json_put_null(line->told.into, "id");
	json_put_str(line->told.into, "error", text);
	line->wrong = line->ready = true;
}

static bool
is_text_or_absent(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);

	return v == NULL || json_is_str(v);
}

static void
line_parse(struct batch_line *line, struct text text)
{
	struct spf_eval_input in;
	struct json *object;
	struct err err;

	object = json_parse(line->arena, text, &err);
	if (!json_is_object(object)) {
		line_error(line, object == NULL ? err.text : "the line is no JSON object");
		return;
	}
	/* whose numbers may be larger than a double holds */
	line->named = json_put_as_written(line->told.into, "id", object, text);
	in = (struct spf_eval_input){ json_str(object, "ip"), json_str(object, "helo"),
	    json_str(object, "sender"), json_str(object, "receiver") };
	if (in.ip == NULL || in.helo == NULL || in.sender == NULL ||
	    !is_text_or_absent(object, "receiver")) {
		line_error(line, "ip, helo and sender are needed, each a text");
		return;
	}
	if (!spf_input(&in, &line->told.query, &err))
		line_error(line, err.text);
}

/* Write what is ready at the head; what is behind waits for its turn. */
static void
batch_flush(struct batch_state *s)
{
	while (s->first != NULL && s->first->ready) {
		struct batch_line *line = s->first;

		s->batch->write(s->batch->ctx, line->told.into);
		s->first = line->next;
		if (s->first == NULL)
			s->last = &s->first;
		arena_free(line->arena);
	}
}

static void *
batch_next(void *ctx)
{
	struct batch_state *s = ctx;

	for (;;) {
		struct arena *a = arena_new();
		struct batch_line *line = arena_zalloc(a, sizeof(*line));
		struct text text;

		line->arena = a;
		if (!s->batch->read(s->batch->ctx, a, &text)) {
			arena_free(a);
			return NULL;
		}
		if (text_trim(text).n == 0) {
			arena_free(a);
			continue;
		}
		line->told.into = json_new_object(a);
		line->told.trace = true;
		line->told.words = tool_words_of(s->engine, s->lang);
		line_parse(line, text);
		*s->last = line;
		s->last = &line->next;
		if (!line->wrong)
			return line;
		batch_flush(s);
	}
}

static bool
batch_ready(void *ctx)
{
	const struct batch_state *s = ctx;

	return s->batch->ready(s->batch->ctx);
}

static bool
batch_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct batch_line *line = ctx;

	return spf_told_question(&line->told, ev, a);
}

static void
batch_done(void *ctx, void *one)
{
	struct batch_line *line = one;

	line->ready = true;
	batch_flush(ctx);
}

void
engine_spf_batch(struct engine *e, const char *lang, const struct spf_batch *batch,
    uint32_t time_limit_ms)
{
	struct batch_state s = { .engine = e, .lang = lang, .batch = batch };
	struct question_stream stream = { .ask = batch_question, .next = batch_next,
	    .ready = batch_ready, .done = batch_done, .ctx = &s, .at_once = BATCH_AT_ONCE,
	    .time_limit_ms = time_limit_ms };

	s.last = &s.first;
	engine_ask_stream(e, &stream);
	batch_flush(&s);
}

/* --- SPF: what it costs, what it could be -------------------------------------------------------------------- */

struct explain {
	struct engine		*engine;
	struct name		 domain;
	struct ip		*addresses;
	size_t			 count;
	struct json		*into;
	struct tool_words	 words;
};

/* Every remedy that has something to offer, or says why not. */
static bool
explain_question(void *ctx, struct evidence *ev, struct arena *a)
{
	static const enum spf_fix tried[] = { SPF_FIX_PUBLISH, SPF_FIX_MERGE, SPF_FIX_AUTHORISE,
	    SPF_FIX_REPAIR, SPF_FIX_REDUCE, SPF_FIX_CLOSE };
	struct explain *x = ctx;
	const struct rules *rules = x->engine->setup.rules;
	struct dns_source dns = ev_dns_source(ev);
	struct spf_propose_query q = { .ask = { .domain = x->domain, .addresses = x->addresses,
	    .address_count = x->count, .now_s = evidence_now(ev), .dns = &dns },
	    .own = x->addresses, .own_count = x->count, .default_all = rules->spf_all,
	    .include = rules->spf_include };
	const struct spf_proposal *shown[6];
	struct spf_proposal proposals[6];
	struct spf_tree tree;
	size_t i, n = 0;
	bool whole;

	whole = spf_explain(a, &q.ask, &tree);
	for (i = 0; i < 6; i++)
		whole = spf_propose(a, &q, tried[i], &proposals[i]) && whole;
	if (!whole) {
		ev_wait(ev);
		return false;
	}
	for (i = 0; i < 6; i++)
		if (proposals[i].refused != SPF_NOT_NEEDED && proposals[i].best.record.p != NULL)
			shown[n++] = &proposals[i];
	spf_explain_put(x->into, a, x->domain, &tree, shown, n, &x->words);
	return true;
}

static bool
addresses_of(struct arena *a, const char *const *texts, size_t count, struct ip **ret, struct err *err)
{
	size_t i;

	*ret = arena_array(a, count + 1, sizeof(**ret));
	for (i = 0; i < count; i++)
		if (!ip_parse(text_of(texts[i]), &(*ret)[i]))
			return err_set(err, ERR_VALUE, "'%s' is no IP address", texts[i]);
	return true;
}

struct json *
engine_spf_explain(struct engine *e, struct arena *a, const char *lang, const char *domain,
    const char *const *addresses, size_t count, uint32_t time_limit_ms, struct err *err)
{
	struct explain x = { .engine = e, .count = count, .into = json_new_object(a),
	    .words = tool_words_of(e, lang) };

	if (!name_from_person(a, text_of(domain), &x.domain, err) ||
	    !addresses_of(a, addresses, count, &x.addresses, err))
		return NULL;
	engine_ask(e, explain_question, &x, time_limit_ms);
	return x.into;
}

struct wizard {
	struct spf_wizard_query	 query;
	struct dns_source	 dns;
	struct json		*into;
	struct tool_words	 words;
};

static bool
wizard_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct wizard *w = ctx;
	struct spf_wizard answer;

	w->dns = ev_dns_source(ev);
	w->query.ask.dns = &w->dns;
	w->query.ask.now_s = evidence_now(ev);
	if (!spf_wizard(a, &w->query, &answer)) {
		ev_wait(ev);
		return false;
	}
	spf_wizard_put(w->into, a, &answer, &w->words);
	return true;
}

static bool
wizard_senders(struct engine *e, struct arena *a, const struct spf_wizard_input *in,
    struct spf_wizard_query *q, struct err *err)
{
	struct spf_sender *list = arena_array(a, in->sender_count + 1, sizeof(*list));
	size_t i;

	for (i = 0; i < in->sender_count; i++) {
		const struct sender *known = data_sender(e->setup.rules->data, in->senders[i]);

		if (known == NULL)
			return err_set(err, ERR_VALUE, "there is no sender '%s'", in->senders[i]);
		list[i] = (struct spf_sender){ .id = known->id, .name = known->name,
		    .terms = known->spf.v, .term_count = known->spf.count,
		    .not_at_root = known->spf_needed != SPF_NEEDED_ROOT };
	}
	q->senders = list;
	q->sender_count = in->sender_count;
	return true;
}

struct json *
engine_spf_wizard(struct engine *e, struct arena *a, const char *lang, const struct spf_wizard_input *in,
    uint32_t time_limit_ms, struct err *err)
{
	struct wizard w = { .into = json_new_object(a), .words = tool_words_of(e, lang) };
	struct ip *addresses;

	if ((in->domain != NULL && !name_from_person(a, text_of(in->domain), &w.query.ask.domain, err)) ||
	    !addresses_of(a, in->addresses, in->address_count, &addresses, err) ||
	    !wizard_senders(e, a, in, &w.query, err))
		return NULL;
	w.query.ask.addresses = addresses;
	w.query.ask.address_count = in->address_count;
	w.query.all = in->all != NULL ? in->all : e->setup.rules->spf_all;
	if (spf_all_parse(w.query.all) == NULL) {
		err_set(err, ERR_VALUE, "'%s' is neither ~all nor -all", w.query.all);
		return NULL;
	}
	engine_ask(e, wizard_question, &w, time_limit_ms);
	return w.into;
}

