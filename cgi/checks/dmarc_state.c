#include "checks/dmarc_state.h"

#include <string.h>

#include "base/arena.h"
#include "checks/sending.h"
#include "checks/use.h"
#include "mail/spf_eval.h"

/* --- SPF ---------------------------------------------------------------------------------------------- */

/* Without an address nobody can be asked for; but no record lets nobody pass. */
static bool
spf_without_addresses(struct run *run, enum known *ret)
{
	const struct truth *txt = ev_truth(run->ev, run->domain, run->domain, RR_TXT);
	size_t i;

	if (txt == NULL)
		return false;
	*ret = txt->answer->outcome == DNS_FAILED ? NOT_KNOWN : KNOWN_NO;
	for (i = 0; txt->answer->outcome == DNS_FOUND && i < txt->answer->count; i++)
		if (spf_is_record(txt->answer->rrs[i].u.txt.joined))
			*ret = NOT_KNOWN;
	return true;
}

/* The sender's domain is the author's own, so what passes is aligned. */
static bool
spf_can_pass(struct run *run, enum known *ret)
{
	struct dns_source dns = ev_truth_source(run->ev, run->domain);
	struct spf_query q = { .helo = text_of(run->domain.s), .sender = text_of(run->domain.s),
	    .now_s = run->now, .dns = &dns, .quiet = true, .ask_ahead = true };
	bool passes = false, failed = false, all = true;
	const struct ip *own;
	size_t count, i;

	if (!domain_sending(run, &own, &count))
		return false;
	if (count == 0)
		return spf_without_addresses(run, ret);
	for (i = 0; i < count; i++) {
		struct spf_answer answer;

		q.ip = own[i];
		if (!spf_check_host(run->arena, &q, &answer)) {
			all = false;
			continue;
		}
		passes = passes || answer.result == SPF_PASS;
		failed = failed || answer.result == SPF_TEMPERROR;
	}
	if (!all) {
		ev_wait(run->ev);
		return false;
	}
	*ret = passes ? KNOWN_YES : failed ? NOT_KNOWN : KNOWN_NO;
	return true;
}

/* --- the record ------------------------------------------------------------------------------------------ */

/* Of the walk's levels: the one whose record decides; else the first that
 * would have, were it not spoilt. */
static const struct dmarc_level *
find_level(const struct dmarc_state *s)
{
	const struct dmarc_lookup *l = &s->lookup;
	size_t i;

	for (i = 0; i < s->walk.count; i++) {
		const struct dmarc_level *level = &s->walk.levels[i];

		if (l->found_at.s != NULL ? name_eq(level->name, l->found_at) :
		    level->found == DMARC_FOUND_SEVERAL)
			return level;
	}
	return NULL;
}

static bool
look_at_record(struct run *run, struct dmarc_state *s)
{
	struct dns_source dns = ev_truth_source(run->ev, run->domain);

	if (!dmarc_discover(run->arena, &dns, run->domain, DMARC_FOR_OWNER, &s->lookup) ||
	    !dmarc_walk(run->arena, &dns, run->domain, &s->walk)) {
		ev_wait(run->ev);
		return false;
	}
	s->own = s->walk.count > 0 ? &s->walk.levels[0] : NULL;
	s->at = find_level(s);
	return true;
}

/*
 * What mail can pass.  The record is known without it, so a panel that is down
 * leaves these unknown and spoils nothing else.  false = on its way.
 */
static bool
look_at_mail(struct run *run, struct dmarc_state *s)
{
	struct activation inside;
	struct dkim_state dkim;
	bool spf, keys, use;

	evidence_begin(run->ev, &inside);
	spf = spf_can_pass(run, &s->spf);
	keys = dkim_look(run, &dkim);
	use = domain_is_parked(run, &s->parked);
	evidence_end(run->ev, &inside);
	if (inside.waiting > 0)
		return false;
	if (!spf)
		s->spf = NOT_KNOWN;
	if (keys && use) {
		s->sends = dkim.sends && !s->parked;
		s->dkim = dkim_can_pass(run, &dkim);
	}
	return true;
}

bool
dmarc_look(struct run *run, struct dmarc_state *ret)
{
	bool record, mail;

	memset(ret, 0, sizeof(*ret));
	ret->spf = ret->dkim = NOT_KNOWN;
	record = look_at_record(run, ret);		/* ask wide, then read */
	mail = look_at_mail(run, ret);
	return record && mail;
}

enum known
dmarc_can_pass(const struct dmarc_state *s)
{
	if (s->spf == KNOWN_YES || s->dkim == KNOWN_YES)
		return KNOWN_YES;
	return s->spf == KNOWN_NO && s->dkim == KNOWN_NO ? KNOWN_NO : NOT_KNOWN;
}
