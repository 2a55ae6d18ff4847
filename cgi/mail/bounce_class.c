#include "mail/bounce_class.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/late_regex.h"
#include "base/map.h"
#include "base/str.h"
#include "mail/bounce_answer.h"
#include "mail/bounce_text.h"
#include "mail/mailaddr.h"

#define MATCH_MAX	1500	/* bytes of an answer that are looked at */

static const struct text_list no_steps = { NULL, 0 };

struct class {				/* what an answer means */
	const char		*category;
	const struct text_list	*steps;
	const char		*pattern;
	bool			 weak;
};

struct bounce_classes {
	struct arena		*arena;
	const struct data	*data;
	struct map		*known;		/* key -> struct class */
};

struct bounce_classes *
bounce_classes_new(struct arena *a, const struct data *d)
{
	struct bounce_classes	*c = arena_zalloc(a, sizeof(*c));

	*c = (struct bounce_classes){ a, d, map_new(a) };
	return c;
}

/* --- the provider ------------------------------------------------------------------------------- */

static const struct provider *
provider_of_mta(const struct data *d, const char *mta)
{
	const struct provider	*p = data_provider_by_mx(d, mta);

	if (p != NULL)
		return p;
	for (size_t i = 0; i < d->provider_count; i++)
		if (d->providers[i].mta_regex != NULL &&
		    late_regex_fits(d->providers[i].mta_regex, mta))
			return &d->providers[i];
	return NULL;
}

static const struct provider *
provider_of(const struct data *d, const char *reporting_mta, const struct bounce_recipient *r,
    const char *words)
{
	const struct provider	*p = NULL, *reporter = reporting_mta == NULL ? NULL :
				    provider_of_mta(d, reporting_mta);
	struct ip		 ip;
	struct text		 domain;
	char			 name[256];

	if (r->mta != NULL && !ip_parse(text_of(r->mta), &ip)) {
		p = provider_of_mta(d, r->mta);
		/* a name of somebody else settles the question */
		if (p != NULL || strchr(r->mta, '.') != NULL)
			return p;
	}
	for (size_t i = 0; i < d->provider_count && words[0] != '\0'; i++)
		/* what the reporting system says itself (Gmail's links) names nobody else */
		if (d->providers[i].text_regex != NULL && &d->providers[i] != reporter &&
		    late_regex_fits(d->providers[i].text_regex, words))
			return &d->providers[i];
	domain = mailaddr_domain(r->address);
	if (r->address.p == NULL || domain.n == 0 || domain.n >= sizeof(name))
		return NULL;
	memcpy(name, domain.p, domain.n);
	name[domain.n] = '\0';
	return data_provider_by_domain(d, name);
}

/* --- the cause ---------------------------------------------------------------------------------- */

/* "550-5.7.1 very low reputation of the 550-5.7.1 domain": the codes of all
 * lines but the first tear phrases apart. */
static const char *
drop_repeated_codes(struct arena *a, const char *words)
{
	char		*s, *to;
	const char	*p;

	if (answer_code(text_of(words)) == 0)
		return words;
	s = arena_strdup(a, words);
	to = s + 3;
	for (p = words + 3; *p != '\0';) {
		if (p[0] == ' ' && strncmp(p + 1, words, 3) == 0 && (p[4] == '-' || p[4] == ' ')) {
			p += 5;
			if (strspn(p, "0123456789.") >= 5)
				p += strspn(p, "0123456789.");
			if (*p != ' ' && *p != '\0')
				*to++ = ' ';
			continue;
		}
		*to++ = *p++;
	}
	*to = '\0';
	return s;
}

/* The answer in lower case on one line, addresses as a lone "@": their letters
 * say nothing about the cause ("spam@example.net: user unknown"). */
static const char *
words_of(struct arena *a, struct text t)
{
	struct str	s = str_in(a, MATCH_MAX);
	struct text	rest = text_head(t, MATCH_MAX), addr;
	size_t		at;

	while (mailaddr_find(rest, &addr, &at)) {
		str_addt(&s, text_head(rest, at));
		str_addc(&s, '@');
		rest = text_skip(rest, at + addr.n);
	}
	str_addt(&s, rest);
	return drop_repeated_codes(a, phrase_text(a, str_text(&s), MATCH_MAX));
}

static bool
status_in(struct text_list list, const char *status)
{
	for (size_t i = 0; i < list.count && status != NULL; i++)
		if (strcmp(list.v[i], status) == 0)
			return true;
	return false;
}

static bool
pattern_fits(const struct smtp_pattern *p, const char *words, const char *status, int class)
{
	if (p->class != 0 && class != 0 && p->class != class)
		return false;
	if (p->code.count > 0 && !status_in(p->code, status))
		return false;
	if (status_in(p->not, status))
		return false;
	if (p->regex == NULL)
		return phrase_in(p->words, words);
	return (p->need.count == 0 || phrase_in(p->need, words)) &&
	    late_regex_fits(p->regex, words);
}

static struct class
class_of_words(const struct data *d, const char *provider, const char *words, const char *status,
    int class)
{
	for (int own = 1; own >= 0; own--) {
		if (own && provider == NULL)
			continue;
		for (size_t i = 0; i < d->pattern_count; i++) {
			const struct smtp_pattern	*p = &d->patterns[i];

			if (own ? p->provider == NULL || strcmp(p->provider, provider) != 0 :
			    p->provider != NULL)
				continue;
			if (pattern_fits(p, words, status, class))
				return (struct class){ p->category, &p->steps, p->id, p->weak };
		}
	}
	return (struct class){ NULL, NULL, NULL, false };
}

/* Status "5.1.1" by the row "X.1.1". */
static struct class
class_of_status(const struct data *d, const char *status)
{
	for (size_t i = 0; i < d->enhanced_count && status != NULL; i++)
		if (strcmp(d->enhanced[i].code + 1, status + 1) == 0)
			return (struct class){ d->enhanced[i].category, &d->enhanced[i].steps, NULL, false };
	return (struct class){ NULL, NULL, NULL, false };
}

static struct class
class_of_code(const struct data *d, int code)
{
	char	text[8];

	snprintf(text, sizeof(text), "%d", code);
	for (size_t i = 0; i < d->basic_count && code != 0; i++)
		if (strcmp(d->basic[i].code, text) == 0)
			return (struct class){ d->basic[i].category, &d->basic[i].steps, NULL, false };
	return (struct class){ NULL, NULL, NULL, false };
}

static bool
is_known(struct class c)
{
	return c.category != NULL && strcmp(c.category, "unknown") != 0;
}

static struct class
class_of(const struct bounce_classes *c, const struct bounce_recipient *r, const char *words)
{
	const char	*provider = r->provider == NULL ? NULL : r->provider->id;
	int		 class = r->smtp_code != 0 ? r->smtp_code / 100 :
			    r->status != NULL ? r->status[0] - '0' : 0;
	struct class	 found = { .category = NULL }, code;

	if (words[0] != '\0')
		found = class_of_words(c->data, provider, words, r->status, class);
	if (found.category != NULL && !found.weak)
		return found;
	if (found.weak) {
		code = class_of_status(c->data, r->status);
		return is_known(code) && status_weight(r->status) == 2 ? code : found;
	}
	found = class_of_status(c->data, r->status);
	if (is_known(found))
		return found;
	code = class_of_code(c->data, r->smtp_code);
	if (is_known(code))
		return code;
	if (found.category == NULL)
		found = code;
	if (found.category == NULL)
		found = (struct class){ "unknown", &no_steps, NULL, false };
	return found;
}

/* --- addresses ---------------------------------------------------------------------------------- */

static void
find_ips(struct arena *a, struct bounce_recipient *r)
{
	struct text	t = r->diagnostic;
	struct ip	list[BOUNCE_ADDRESSES_MAX], ip;
	size_t		count = 0;

	for (size_t i = 0; i < t.n && count < BOUNCE_ADDRESSES_MAX;) {
		size_t		n = 0;
		struct text	word;
		bool		have = false;

		while (i + n < t.n && (ascii_hex((unsigned char)t.p[i + n]) >= 0 || t.p[i + n] == '.' ||
		    t.p[i + n] == ':'))
			n++;
		word = (struct text){ t.p + i, n };
		if (n == 0 || (i > 0 && (ascii_isalnum((unsigned char)t.p[i - 1]) || t.p[i - 1] == '-'))) {
			i += n == 0 ? 1 : n;
			continue;
		}
		while (word.n > 0 && (word.p[word.n - 1] == '.' || word.p[word.n - 1] == ':'))
			word.n--;
		if (word.n >= 7 && i + n <= t.n && ip_parse(word, &ip) && (ip.family == 4 || word.n > 4)) {
			for (size_t k = 0; k < count; k++)
				have = have || ip_eq(list[k], ip);
			if (!have)
				list[count++] = ip;
		}
		i += n;
	}
	if (count == 0)
		return;
	r->addresses = arena_array(a, count, sizeof(*r->addresses));
	memcpy(r->addresses, list, count * sizeof(*list));
	r->address_count = count;
}

/* Words around the report, not of a server: only a clear cause counts. */
static void
use_hint(const struct bounce_classes *c, struct bounce_recipient *r)
{
	struct class	by_hint = class_of_words(c->data, NULL, words_of(c->arena, r->hint), NULL, 0);

	if (!is_known(by_hint) || by_hint.weak)
		return;
	r->category = by_hint.category;
	r->steps = by_hint.steps;
	r->pattern = by_hint.pattern;
}

/* --- together ------------------------------------------------------------------------------------ */

void
bounce_classify(struct bounce_classes *c, const char *reporting_mta, struct bounce_recipient *r)
{
	const char	*words = r->diagnostic.p == NULL ? "" : words_of(c->arena, r->diagnostic);
	const char	*key;
	struct class	*known;

	find_ips(c->arena, r);
	r->provider = provider_of(c->data, reporting_mta, r, words);
	if (r->action == DSN_DELIVERED || r->action == DSN_RELAYED || r->action == DSN_EXPANDED) {
		r->category = "unknown";
		r->steps = &no_steps;
		return;
	}
	key = arena_printf(c->arena, "%s\n%s\n%d\n%s", r->provider == NULL ? "" : r->provider->id,
	    r->status == NULL ? "" : r->status, r->smtp_code, words);
	known = map_get(c->known, key);
	if (known == NULL) {
		known = arena_zalloc(c->arena, sizeof(*known));
		*known = class_of(c, r, words);
		map_put(c->known, key, known);
	}
	r->category = known->category;
	r->steps = known->steps;
	r->pattern = known->pattern;
	if (r->hint.p != NULL && (strcmp(r->category, "unknown") == 0 ||
	    (strcmp(r->category, "expired") == 0 && words[0] == '\0')))
		use_hint(c, r);
	/* a delay: the time has not run out yet */
	if (r->action == DSN_DELAYED && strcmp(r->category, "expired") == 0)
		r->category = "unknown";
	r->resolver_refused = known->pattern != NULL &&
	    (strcmp(known->pattern, "spamhaus-resolver") == 0 || strcmp(known->pattern, "resolver-refused") == 0);
}
