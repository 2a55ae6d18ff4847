/*
 * `message score`: the message is read once, everything that others can say of
 * it is asked at the same time, and judged when all of it is there.
 */

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools_internal.h"
#include "engine/tools_score.h"
#include "evidence/list.h"
#include "mail/filter.h"
#include "mail/psl.h"
#include "mail/score.h"
#include "tools/score_json.h"
#include "tools/verify_json.h"

#define LISTINGS_MAX	60
#define PTR_NAMES_MAX	16
#define NO_HELO		"unknown.invalid"	/* nobody said: SPF has to have one */

struct score_question {
	const struct rules	*rules;
	struct message		 message;
	struct score_content	*content;
	struct spf_told		 spf;
	bool			 told;		/* who sent it: by the person's own options */
	bool			 received;	/* the message came to us: its first Received is ours */
	bool			 sender_known, spf_done, verified;
	struct verify		 verify;
	struct score_outside	 outside;
	struct text		 text;
	struct filter_answer	 answers[2];	/* SpamAssassin, Rspamd */
	struct score_filter	 filters[2];
	struct tool_words	 words;
	struct arena		*arena;
	struct json		*answer;
};

/* --- who sent it ------------------------------------------------------------------------------------- */

static bool
is_ours(const struct rules *rules, struct ip ip)
{
	for (size_t i = 0; i < rules->address_count; i++)
		if (ip_eq(rules->addresses[i], ip))
			return true;
	return false;
}

/* Does the server that wrote this line have an address of ours?  False = on its way. */
static bool
written_by_us(struct score_question *q, struct evidence *ev, bool *ret)
{
	static const enum rrtype types[] = { RR_A, RR_AAAA };
	const struct received *r = &q->content->arrival;
	const struct dns_answer *answer;
	struct name by;
	bool whole = true;

	*ret = q->received || (r->by_address.family != 0 && is_ours(q->rules, r->by_address));
	if (*ret || q->rules->address_count == 0 || r->by == NULL || !name_parse(q->arena, text_of(r->by), &by) ||
	    name_labels(by) < 2)
		return true;
	for (size_t i = 0; i < 2; i++) {
		if ((answer = ev_dns_any(ev, by, types[i])) == NULL)
			whole = false;
		for (size_t j = 0; answer != NULL && answer->outcome == DNS_FOUND && j < answer->count; j++)
			*ret = *ret || is_ours(q->rules, answer->rrs[j].u.ip);
	}
	return whole || *ret;
}

/* From the person's options, else from the line that our own server has put on top. */
static bool
find_sender(struct score_question *q, struct evidence *ev)
{
	const struct score_content *c = q->content;
	bool ours = false;

	if (q->sender_known)
		return true;
	score_skip_own_steps(q->content, q->rules->addresses, q->rules->address_count);
	if (!q->told && c->has_arrival) {
		if (!written_by_us(q, ev, &ours))
			return false;
		if (ours) {
			q->told = true;
			q->spf.query.ip = c->arrival.address;
			q->spf.query.helo = text_of(c->arrival.helo == NULL ? NO_HELO : c->arrival.helo);
			q->spf.query.sender = text_of(c->return_path == NULL ? "" : c->return_path);
			q->outside.in_clear = !c->arrival.encrypted && c->arrival.with != NULL &&
			    (strcmp(c->arrival.with, "ESMTP") == 0 || strcmp(c->arrival.with, "SMTP") == 0);
			q->outside.helo = c->arrival.helo;
		}
	} else if (!q->told && q->received && q->rules->address_count > 0) {
		/* Written on this server: it would leave from here. */
		q->told = true;
		q->spf.query.ip = q->rules->addresses[0];
		q->outside.helo = c->top.by;
		q->spf.query.helo = text_of(c->top.by == NULL ? NO_HELO : c->top.by);
		q->spf.query.sender = text_of(c->return_path == NULL ? "" : c->return_path);
	}
	if (q->told)
		q->outside.address = ip_unmap(q->spf.query.ip);
	q->sender_known = true;
	return true;
}

/* --- names of the address ------------------------------------------------------------------------------ */

static bool
has_address(const struct dns_answer *answer, struct ip ip)
{
	for (size_t i = 0; answer->outcome == DNS_FOUND && i < answer->count; i++)
		if (ip_eq(answer->rrs[i].u.ip, ip))
			return true;
	return false;
}

/* Which reverse names lead back; a name that could not be asked leaves it open.  False = on its way. */
static bool
ask_ptr(struct evidence *ev, struct arena *a, struct score_outside *o)
{
	enum rrtype type = o->address.family == 4 ? RR_A : RR_AAAA;
	const struct dns_answer *ptr, *forward;
	bool whole = true, failed = false;
	struct name reverse;

	name_parse(a, text_of(ip_reverse_name(a, o->address)), &reverse);
	if ((ptr = ev_dns_any(ev, reverse, RR_PTR)) == NULL)
		return false;
	o->ptr = ptr->outcome == DNS_FAILED ? SCORE_PTR_UNKNOWN : SCORE_PTR_MISSING;
	if (ptr->outcome != DNS_FOUND || ptr->count == 0)
		return true;
	o->ptr = SCORE_PTR_UNCONFIRMED;
	o->ptr_name = ptr->rrs[0].u.name;
	for (size_t i = 0; i < ptr->count && i < PTR_NAMES_MAX; i++) {
		if ((forward = ev_dns_any(ev, ptr->rrs[i].u.name, type)) == NULL) {
			whole = false;
			continue;
		}
		failed = failed || forward->outcome == DNS_FAILED;
		if (o->ptr != SCORE_PTR_CONFIRMED && has_address(forward, o->address)) {
			o->ptr = SCORE_PTR_CONFIRMED;
			o->ptr_name = ptr->rrs[i].u.name;
		}
	}
	if (o->ptr == SCORE_PTR_UNCONFIRMED && failed)
		o->ptr = SCORE_PTR_UNKNOWN;
	return whole;
}

static bool
ask_helo(struct evidence *ev, struct arena *a, struct score_outside *o)
{
	const struct dns_answer *v4, *v6;
	struct name name;

	if (o->helo == NULL || !name_parse(a, text_of(o->helo), &name) || name_labels(name) < 2)
		return true;
	v4 = ev_dns_any(ev, name, RR_A);
	v6 = ev_dns_any(ev, name, RR_AAAA);
	if (v4 == NULL || v6 == NULL)
		return false;
	if (has_address(v4, o->address) || has_address(v6, o->address))
		o->helo_address = SCORE_HELO_FITS;
	else if (v4->outcome == DNS_FAILED || v6->outcome == DNS_FAILED)
		o->helo_address = SCORE_HELO_UNKNOWN;
	else
		o->helo_address = v4->outcome == DNS_FOUND || v6->outcome == DNS_FOUND ? SCORE_HELO_OTHER :
		    SCORE_HELO_NO_ADDRESS;
	return true;
}

/* --- lists -------------------------------------------------------------------------------------------------- */

static void
add_listing(struct score_question *q, const struct blacklist *list, const char *subject, bool domain, bool own)
{
	struct score_outside *o = &q->outside;
	struct score_listing *all;

	if (o->listing_count == LISTINGS_MAX)
		return;
	all = arena_grow(q->arena, o->listings, o->listing_count, o->listing_count + 1, sizeof(*all));
	all[o->listing_count++] = (struct score_listing){ .list = list->name, .subject = subject, .domain = domain,
	    .own = own, .weight = list->weight, .counts = !list->pay && list->everyone };
	o->listings = all;
}

static void
note_answer(struct score_question *q, const struct blacklist *list, const struct list_answer *answer,
    const char *subject, bool domain, bool own)
{
	q->outside.lists_asked++;
	if (answer->state == LIST_UNKNOWN)
		q->outside.lists_silent++;
	else if (answer->state == LIST_LISTED && (list->type == BLACKLIST_BLOCK || list->type == BLACKLIST_MIXED) &&
	    (answer->code == NULL || answer->code->verdict == CODE_LISTED))
		add_listing(q, list, subject, domain, own);
}

/* False = on its way; asked for all the same. */
static bool
ask_lists(struct score_question *q, struct evidence *ev)
{
	const struct data *data = q->rules->data;
	struct score_outside *o = &q->outside;
	struct name own = q->content->from;
	struct list_answer answer;
	bool whole = true;

	o->listing_count = o->lists_asked = o->lists_silent = 0;
	if (own.s != NULL && q->rules->psl != NULL && psl_registered_domain(q->arena, q->rules->psl, own).s != NULL)
		own = psl_registered_domain(q->arena, q->rules->psl, own);
	for (size_t i = 0; i < data->blacklist_count; i++) {
		const struct blacklist *list = &data->blacklists[i];

		if (!list_is_asked(&q->rules->lists, list))
			continue;
		if (list->kind == BLACKLIST_IP && o->address.family != 0 && !ip_is_private(o->address) &&
		    list_takes(list, o->address)) {
			if (!ev_list_ip(ev, &q->rules->lists, list, o->address, &answer))
				whole = false;
			else
				note_answer(q, list, &answer, ip_str(q->arena, o->address), false, false);
		}
		for (size_t j = 0; list->kind == BLACKLIST_DOMAIN && j < q->content->domain_count; j++) {
			struct name domain = q->content->domains[j];

			if (!ev_list_domain(ev, &q->rules->lists, list, domain, &answer))
				whole = false;
			else
				note_answer(q, list, &answer, domain.s, true, own.s != NULL && name_eq(domain, own));
		}
	}
	return whole;
}

/* --- spam filters of this server -------------------------------------------------------------------------------- */

enum { SPAMASSASSIN, RSPAMD, FILTERS };
static const char *const filter_names[FILTERS] = { "SpamAssassin", "Rspamd" };

/* SILENT: there is one, but no answer that can be read. */
enum filter_state { FILTER_WAITING, FILTER_NONE, FILTER_SILENT, FILTER_ANSWERED };

static enum filter_state
ask_filter(struct evidence *ev, struct arena *a, struct text message, enum scan_service service,
    const char *command, struct filter_answer *ret)
{
	struct request request = { .kind = REQUEST_SCAN, .u.scan = { service, command, message } };
	const struct reply *reply = ev_call(ev, &request);
	struct err err;

	if (reply == NULL)
		return FILTER_WAITING;
	if (reply->err.code == ERR_UNSUPPORTED)
		return FILTER_NONE;
	if (reply->err.code != ERR_NONE || !(service == SCAN_SPAMD ? filter_spamd_read(a, reply->u.scan, ret, &err) :
	    filter_rspamd_read(a, reply->u.scan, ret, &err)))
		return FILTER_SILENT;
	return FILTER_ANSWERED;
}

/* REPORT tells points by rule, unless its words have been changed; SYMBOLS tells names always. */
static enum filter_state
ask_spamd(struct evidence *ev, struct arena *a, struct text message, struct filter_answer *ret)
{
	enum filter_state state = ask_filter(ev, a, message, SCAN_SPAMD, "REPORT", ret);
	struct filter_answer symbols;
	enum filter_state other;

	if (state == FILTER_WAITING || state == FILTER_NONE || (state == FILTER_ANSWERED && ret->count > 0))
		return state;
	other = ask_filter(ev, a, message, SCAN_SPAMD, "SYMBOLS", &symbols);
	if (other == FILTER_ANSWERED)
		*ret = symbols;
	return other == FILTER_WAITING || other == FILTER_ANSWERED ? other : state;
}

static void
add_filter(struct score_question *q, const char *name, enum filter_state state, const struct filter_answer *f)
{
	struct score_filter *one = &q->filters[q->outside.filter_count];

	if (state == FILTER_NONE)
		return;
	*one = (struct score_filter){ .name = name, .silent = state != FILTER_ANSWERED };
	if (!one->silent) {
		one->spam = f->spam;
		one->points = f->points;
		one->limit = f->limit;
		one->rules = filter_rules_text(q->arena, f, 8);
	}
	q->outside.filters = q->filters;
	q->outside.filter_count++;
}

static bool
ask_filters(struct score_question *q, struct evidence *ev, struct arena *a)
{
	enum filter_state states[FILTERS];

	if (q->text.n > SCAN_MESSAGE_MAX)
		return true;
	states[SPAMASSASSIN] = ask_spamd(ev, a, q->text, &q->answers[SPAMASSASSIN]);
	states[RSPAMD] = ask_filter(ev, a, q->text, SCAN_RSPAMD, NULL, &q->answers[RSPAMD]);
	if (states[SPAMASSASSIN] == FILTER_WAITING || states[RSPAMD] == FILTER_WAITING)
		return false;
	q->outside.filter_count = 0;
	for (size_t i = 0; i < FILTERS; i++)
		add_filter(q, filter_names[i], states[i], &q->answers[i]);
	return true;
}

static void
put_filters(struct score_question *q)
{
	for (size_t i = 0; i < q->outside.filter_count; i++)
		for (size_t j = 0; j < FILTERS; j++)
			if (q->filters[i].name == filter_names[j] && !q->filters[i].silent)
				score_json_filter(q->answer, filter_names[j], &q->answers[j]);
}

/* --- the question ------------------------------------------------------------------------------------------- */

static enum verify_spf
verify_spf_of(enum spf_result result)
{
	return result == SPF_PASS ? VERIFY_SPF_PASS :
	    result == SPF_TEMPERROR ? VERIFY_SPF_TEMPERROR : VERIFY_SPF_OTHER;
}

/* What `message verify` does; hashed once. */
static bool
ask_verify(struct score_question *q, struct evidence *ev, struct arena *a)
{
	struct dns_source dns = ev_dns_source(ev);
	struct verify_input in = { .message = &q->message, .now = evidence_now(ev) };

	if (q->verified)
		return true;
	if (q->told) {
		if (!q->spf_done && !spf_told_question(&q->spf, ev, a))
			return false;
		q->spf_done = true;
		in.spf = verify_spf_of(q->spf.answer.result);
		name_parse(a, text_of(q->spf.answer.domain), &in.spf_domain);
	}
	q->verified = verify_message(a, &dns, &in, &q->verify);
	return q->verified;
}

static bool
score_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct score_question *q = ctx;
	struct score_outside *o = &q->outside;
	struct score score;
	bool whole;

	if (!find_sender(q, ev)) {
		ev_wait(ev);
		return false;
	}
	whole = ask_lists(q, ev);
	if (o->address.family != 0) {
		whole = ask_ptr(ev, a, o) && whole;
		whole = ask_helo(ev, a, o) && whole;
	}
	whole = ask_filters(q, ev, a) && whole;
	whole = ask_verify(q, ev, a) && whole;
	if (!whole) {
		ev_wait(ev);
		return false;
	}
	o->now = evidence_now(ev);
	o->verify = &q->verify;
	o->spf_checked = q->told;
	if (q->told) {
		o->spf = q->spf.answer.result;
		o->spf_domain = q->spf.answer.domain;
	}
	score_judge(a, q->content, o, &score);
	q->answer = score_json(q->arena, &score, verify_json(a, &q->verify, q->told ? q->spf.into : NULL,
	    &q->words), &q->words);
	put_filters(q);
	return true;
}

struct json *
engine_message_score(struct engine *e, struct arena *a, const char *lang, struct text message,
    const struct score_input *in, uint32_t time_limit_ms, struct err *err)
{
	struct score_question q = { .rules = e->setup.rules, .words = tool_words_of(e, lang), .arena = a,
	    .text = message, .told = in->spf != NULL, .received = in->received };

	if (!message_read(a, message, &q.message, err))
		return NULL;
	q.spf = (struct spf_told){ .into = json_new_object(a), .words = q.words };
	if (in->spf != NULL && !spf_input(in->spf, &q.spf.query, err))
		return NULL;
	q.outside.helo = in->spf == NULL ? NULL : in->spf->helo;
	if (q.outside.helo == NULL)
		q.spf.query.helo = text_of(NO_HELO);
	q.content = score_read(a, e->setup.rules->data, e->setup.rules->psl, message, &q.message);
	engine_ask(e, score_question, &q, time_limit_ms);
	return q.answer;
}
