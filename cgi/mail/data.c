#include "mail/data.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "mail/data_read.h"

#define AT(s, f)	offsetof(struct s, f)

/* --- the files' fields -------------------------------------------------------------------------- */

static const char *const spf_needed_words[] = { "root", "subdomain", "no", NULL };
static const char *const dkim_type_words[] = { "txt", "cname", NULL };

static bool
read_dkim_type(struct arena *a, const struct yaml *y, void *at, struct err *err)
{
	(void)a;
	for (int i = 0; dkim_type_words[i] != NULL; i++)
		if (y->kind == YAML_SCALAR && strcmp(y->value, dkim_type_words[i]) == 0) {
			((struct sender *)at)->dkim_cname = i == 1;
			return true;
		}
	return yaml_err(y, err, "dkim_type: expected txt or cname");
}

static const struct field sender_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(sender, id),			.required = true },
	{ "name",		FIELD_STR,	.offset = AT(sender, name),		.required = true },
	{ "kind",		FIELD_STR,	.offset = AT(sender, kind),		.required = true },
	{ "spf",		FIELD_LIST,	.offset = AT(sender, spf) },
	{ "spf_needed",		FIELD_WORD,	.offset = AT(sender, spf_needed),		.required = true,
	    .words = spf_needed_words },
	{ "lookups",		FIELD_INT,	.offset = AT(sender, lookups) },
	{ "spf_alternatives",	FIELD_LIST,	.offset = AT(sender, spf_alternatives) },
	{ "spf_regex",		FIELD_REGEX,	.offset = AT(sender, spf_regex) },
	{ "dkim_selectors",	FIELD_LIST,	.offset = AT(sender, dkim_selectors) },
	{ "dkim_type",		FIELD_OWN,	.offset = 0,		.required = true,
	    .read = read_dkim_type },
	{ "dkim_target",	FIELD_REGEX,	.offset = AT(sender, dkim_target) },
	{ "return_path",	FIELD_STR,	.offset = AT(sender, return_path) },
	{ "mx_regex",		FIELD_REGEX,	.offset = AT(sender, mx_regex) },
	{ "verification",	FIELD_LIST,	.offset = AT(sender, verification) },
	{ "verify",		FIELD_BOOL,	.offset = AT(sender, verify) },
	{ .key = NULL },
};

static const char *const class_words[] =
    { "provider_panel", "this_panel", "external", "registrar_default", NULL };

static const struct field dns_host_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(dns_host, id),		.required = true },
	{ "name",		FIELD_STR,	.offset = AT(dns_host, name),		.required = true },
	{ "class",		FIELD_WORD,	.offset = AT(dns_host, class),		.required = true,
	    .words = class_words },
	{ "exact",		FIELD_LIST,	.offset = AT(dns_host, exact) },
	{ "regex",		FIELD_REGEXES,	.offset = AT(dns_host, regex) },
	{ "suffix",		FIELD_LIST,	.offset = AT(dns_host, suffix) },
	{ "by_address",		FIELD_BOOL,	.offset = AT(dns_host, by_address) },
	{ "shown",		FIELD_STR,	.offset = AT(dns_host, shown) },
	{ "where",		FIELD_STR,	.offset = AT(dns_host, where),		.required = true },
	{ "url",		FIELD_STR,	.offset = AT(dns_host, url) },
	{ "at_label",		FIELD_STR,	.offset = AT(dns_host, at_label) },
	{ "quotes",		FIELD_TRISTATE,	.offset = AT(dns_host, quotes) },
	{ "domain_connect",	FIELD_BOOL,	.offset = AT(dns_host, domain_connect) },
	{ "api",		FIELD_BOOL,	.offset = AT(dns_host, api) },
	{ .key = NULL },
};

static const struct field delist_fields[] = {
	{ "name",		FIELD_STR,	.offset = AT(provider_delist, name),	.required = true },
	{ "url",		FIELD_STR,	.offset = AT(provider_delist, url) },
	{ "other_urls",		FIELD_LIST,	.offset = AT(provider_delist, other_urls) },
	{ "email",		FIELD_STR,	.offset = AT(provider_delist, email) },
	{ "other_emails",	FIELD_LIST,	.offset = AT(provider_delist, other_emails) },
	{ "needs",		FIELD_LIST,	.offset = AT(provider_delist, needs) },
	{ .key = NULL },
};

static const struct field service_fields[] = {
	{ "name",		FIELD_STR,	.offset = AT(provider_service, name),	.required = true },
	{ "url",		FIELD_STR,	.offset = AT(provider_service, url) },
	{ "keyed_by",		FIELD_STR,	.offset = AT(provider_service, keyed_by) },
	{ .key = NULL },
};

static const struct field provider_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(provider, id),		.required = true },
	{ "order",		FIELD_INT,	.offset = AT(provider, order) },
	{ "name",		FIELD_STR,	.offset = AT(provider, name),		.required = true },
	{ "mx",			FIELD_LIST,	.offset = AT(provider, mx) },
	{ "domains",		FIELD_LIST,	.offset = AT(provider, domains) },
	{ "mta_regex",		FIELD_LATE_REGEX,	.offset = AT(provider, mta_regex) },
	{ "text_regex",		FIELD_LATE_REGEX,	.offset = AT(provider, text_regex) },
	{ "delist",		FIELD_MAP,	.offset = AT(provider, delist),	.fields = delist_fields },
	{ "reputation",		FIELD_MAP,	.offset = AT(provider, reputation), .fields = service_fields },
	{ "feedback",		FIELD_MAP,	.offset = AT(provider, feedback),	.fields = service_fields },
	{ .key = NULL },
};

static const char *const kind_words[] = { "ip", "domain", "hash", NULL };
static const char *const type_words[] = { "block", "white", "mixed", "info", NULL };
static const char *const weight_words[] = { "high", "medium", "low", "ignore", NULL };
static const char *const status_words[] =
    { "alive", "assumed_alive", "commercial", "unverified", "dead", NULL };
static const char *const verdict_words[] = { "listed", "not_listed", "info", "error", NULL };

static bool
read_families(struct arena *a, const struct yaml *y, void *at, struct err *err)
{
	struct blacklist	*ret = at;

	(void)a;
	for (const struct yaml *c = y->first; c != NULL; c = c->next) {
		if (c->kind != YAML_SCALAR)
			return yaml_err(c, err, "families: expected a list of words");
		if (strcmp(c->value, "ipv4") == 0)
			ret->ipv4 = true;
		else if (strcmp(c->value, "ipv6") == 0)
			ret->ipv6 = true;
		else if (strcmp(c->value, "domain") != 0 && strcmp(c->value, "email_hash") != 0)
			return yaml_err(c, err, "families: expected ipv4, ipv6, domain or email_hash");
	}
	return true;
}

static uint32_t
ip4_value(struct ip ip)
{
	return (uint32_t)ip.b[0] << 24 | (uint32_t)ip.b[1] << 16 | (uint32_t)ip.b[2] << 8 | ip.b[3];
}

/* "127.0.*.2": an octet may be a star. */
static bool
parse_starred(struct text t, uint32_t *value, uint32_t *mask)
{
	struct text	 part;
	unsigned	 parts = 0;
	uint64_t	 octet;

	for (*value = *mask = 0; text_split(&t, '.', &part); parts++) {
		*value <<= 8;
		*mask <<= 8;
		if (text_is(part, "*"))
			continue;
		if (!text_uint(part, 255, &octet))
			return false;
		*value |= (uint32_t)octet;
		*mask |= 0xff;
	}
	return parts == 4;
}

static bool
read_match(struct arena *a, const struct yaml *y, void *at, struct err *err)
{
	struct blacklist_code	*c = at;
	struct text		 t = text_of(y->value), part;
	struct ip		 ip, to;
	struct ipnet		 net;
	uint64_t		 bit;

	(void)a;
	if (y->kind != YAML_SCALAR)
		return yaml_err(y, err, "match: expected a text");
	c->text = y->value;
	if (text_starts(t, "bit ") && text_uint(text_skip(t, 4), 255, &bit) && bit != 0) {
		c->bit = (uint32_t)bit;
		return true;
	}
	if (ip4_parse(t, &ip)) {
		c->value = ip4_value(ip);
		c->mask = UINT32_MAX;
		return true;
	}
	if (ipnet_parse(t, &net) && net.ip.family == 4 && net.bits > 0) {
		c->mask = UINT32_MAX << (32 - net.bits);
		c->value = ip4_value(net.ip) & c->mask;
		return true;
	}
	if (parse_starred(t, &c->value, &c->mask) && c->mask != 0)
		return true;
	if (text_split(&t, '-', &part) && ip4_parse(part, &ip) && ip4_parse(t, &to)) {
		c->mask = 0;
		c->low = ip4_value(ip);
		c->high = ip4_value(to);
		return true;
	}
	return yaml_err(y, err, "match: expected an address, a range, a network or \"bit N\"");
}

static const struct field code_fields[] = {
	{ "match",		FIELD_OWN,	.offset = 0,	.required = true,
	    .read = read_match },
	{ "verdict",		FIELD_WORD,	.offset = AT(blacklist_code, verdict),	.required = true,
	    .words = verdict_words },
	{ "reason",		FIELD_STR,	.offset = AT(blacklist_code, reason) },
	{ .key = NULL },
};

static bool
read_codes(struct arena *a, const struct yaml *y, void *at, struct err *err)
{
	struct blacklist	*list = at;

	list->codes = data_read_list(a, y, code_fields, sizeof(*list->codes), &list->code_count, err);
	return list->codes != NULL;
}

static const struct field blacklist_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(blacklist, id),		.required = true },
	{ "zone",		FIELD_STR,	.offset = AT(blacklist, zone) },
	{ "name",		FIELD_STR,	.offset = AT(blacklist, name),		.required = true },
	{ "operator",		FIELD_STR,	.offset = AT(blacklist, operator) },
	{ "kind",		FIELD_WORD,	.offset = AT(blacklist, kind),		.required = true,
	    .words = kind_words },
	{ "type",		FIELD_WORD,	.offset = AT(blacklist, type),		.required = true,
	    .words = type_words },
	{ "families",		FIELD_OWN,	.offset = 0,	.read = read_families },
	{ "weight",		FIELD_WORD,	.offset = AT(blacklist, weight),		.required = true,
	    .words = weight_words },
	{ "status",		FIELD_WORD,	.offset = AT(blacklist, status),		.required = true,
	    .words = status_words },
	{ "query",		FIELD_BOOL,	.offset = AT(blacklist, query),		.required = true },
	{ "everyone",		FIELD_BOOL,	.offset = AT(blacklist, everyone),	.required = true },
	{ "pay",		FIELD_BOOL,	.offset = AT(blacklist, pay),		.required = true },
	{ "test_positive",	FIELD_STR,	.offset = AT(blacklist, test_positive) },
	{ "test_negative",	FIELD_STR,	.offset = AT(blacklist, test_negative) },
	{ "codes",		FIELD_OWN,	.offset = 0,	.read = read_codes },
	{ "removal",		FIELD_STR,	.offset = AT(blacklist, removal) },
	{ "removal_url",	FIELD_STR,	.offset = AT(blacklist, removal_url) },
	{ "lookup_url",		FIELD_STR,	.offset = AT(blacklist, lookup_url) },
	{ "advice",		FIELD_STR,	.offset = AT(blacklist, advice) },
	{ .key = NULL },
};

static const struct field smtp_code_fields[] = {
	{ "code",		FIELD_STR,	.offset = AT(smtp_code, code),		.required = true },
	{ "category",		FIELD_STR,	.offset = AT(smtp_code, category),	.required = true },
	{ "steps",		FIELD_LIST,	.offset = AT(smtp_code, steps) },
	{ .key = NULL },
};

static bool
read_pattern(struct arena *a, const struct yaml *y, void *at, struct err *err)
{
	struct smtp_pattern	*p = at;

	p->regex = data_late_regex(a, y, err);
	if (p->regex == NULL)
		return false;
	p->need = data_regex_needs(a, y->value);
	return true;
}

static const struct field pattern_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(smtp_pattern, id),		.required = true },
	{ "provider",		FIELD_STR,	.offset = AT(smtp_pattern, provider) },
	{ "says",		FIELD_STR,	.offset = AT(smtp_pattern, says) },
	{ "pattern",		FIELD_OWN,	.offset = 0,	.read = read_pattern },
	{ "words",		FIELD_LIST,	.offset = AT(smtp_pattern, words) },
	{ "class",		FIELD_INT,	.offset = AT(smtp_pattern, class) },
	{ "weak",		FIELD_BOOL,	.offset = AT(smtp_pattern, weak) },
	{ "code",		FIELD_LIST,	.offset = AT(smtp_pattern, code) },
	{ "not",		FIELD_LIST,	.offset = AT(smtp_pattern, not) },
	{ "category",		FIELD_STR,	.offset = AT(smtp_pattern, category),	.required = true },
	{ "steps",		FIELD_LIST,	.offset = AT(smtp_pattern, steps) },
	{ .key = NULL },
};

static const struct field word_fields[] = {
	{ "failed_subjects",	FIELD_LIST,	.offset = AT(bounce_words, failed_subjects),	.required = true },
	{ "delayed_subjects",	FIELD_LIST,	.offset = AT(bounce_words, delayed_subjects),	.required = true },
	{ "delivered_subjects",	FIELD_LIST,	.offset = AT(bounce_words, delivered_subjects),	.required = true },
	{ "failed_texts",	FIELD_LIST,	.offset = AT(bounce_words, failed_texts),	.required = true },
	{ "delayed_texts",	FIELD_LIST,	.offset = AT(bounce_words, delayed_texts),	.required = true },
	{ "gave_up_texts",	FIELD_LIST,	.offset = AT(bounce_words, gave_up_texts),	.required = true },
	{ "auto_reply_subjects",	FIELD_LIST,	.offset = AT(bounce_words, auto_reply_subjects),	.required = true },
	{ "absence_subjects",	FIELD_LIST,	.offset = AT(bounce_words, absence_subjects),	.required = true },
	{ "challenge_texts",	FIELD_LIST,	.offset = AT(bounce_words, challenge_texts),	.required = true },
	{ "challenge_subjects",	FIELD_LIST,	.offset = AT(bounce_words, challenge_subjects),	.required = true },
	{ "auto_reply_texts",	FIELD_LIST,	.offset = AT(bounce_words, auto_reply_texts),	.required = true },
	{ "original_marks",	FIELD_LIST,	.offset = AT(bounce_words, original_marks),	.required = true },
	{ "recipient_labels",	FIELD_LIST,	.offset = AT(bounce_words, recipient_labels),	.required = true },
	{ "cause_labels",	FIELD_LIST,	.offset = AT(bounce_words, cause_labels),	.required = true },
	{ "other_labels",	FIELD_LIST,	.offset = AT(bounce_words, other_labels),	.required = true },
	{ "response_marks",	FIELD_LIST,	.offset = AT(bounce_words, response_marks),	.required = true },
	{ "boilerplate",	FIELD_LIST,	.offset = AT(bounce_words, boilerplate),	.required = true },
	{ .key = NULL },
};

static const struct field message_fields[] = {
	{ "shorteners",		FIELD_LIST,	.offset = AT(message_words, shorteners),	.required = true },
	{ "freemail",		FIELD_LIST,	.offset = AT(message_words, freemail),		.required = true },
	{ "programs",		FIELD_LIST,	.offset = AT(message_words, programs),		.required = true },
	{ "macros",		FIELD_LIST,	.offset = AT(message_words, macros),		.required = true },
	{ "reply_marks",	FIELD_LIST,	.offset = AT(message_words, reply_marks),	.required = true },
	{ NULL },
};

static const struct field wordpress_fields[] = {
	{ "names",		FIELD_LIST,	.offset = AT(wordpress_marks, names),		.required = true },
	{ "texts",		FIELD_LIST,	.offset = AT(wordpress_marks, texts),		.required = true },
	{ NULL },
};

static const struct field link_fields[] = {
	{ "id",			FIELD_STR,	.offset = AT(outside_link, id),		.required = true },
	{ "name",		FIELD_STR,	.offset = AT(outside_link, name),	.required = true },
	{ "place",		FIELD_STR,	.offset = AT(outside_link, place),	.required = true },
	{ "url",		FIELD_STR,	.offset = AT(outside_link, url),	.required = true },
	{ NULL },
};

/* --- loading ------------------------------------------------------------------------------------ */

static bool
load_senders(struct arena *a, const struct yaml *y, struct data *d, struct err *err)
{
	struct sender	*v = data_read_list(a, y, sender_fields, sizeof(*v), &d->sender_count, err);
	size_t		 i = 0;

	if (v == NULL)
		return false;
	for (const struct yaml *e = y->first; e != NULL; e = e->next, i++)
		if (yaml_get(e, "lookups") == NULL)
			v[i].lookups = -1;
	d->senders = v;
	return true;
}

static bool
load_blacklists(struct arena *a, const struct yaml *y, struct data *d, struct err *err)
{
	struct blacklist	*v = data_read_list(a, y, blacklist_fields, sizeof(*v),
				    &d->blacklist_count, err);

	if (v == NULL)
		return false;
	for (size_t i = 0; i < d->blacklist_count; i++)
		v[i].needs_key = v[i].zone != NULL && strstr(v[i].zone, "{key}") != NULL;
	d->blacklists = v;
	return true;
}

/* Providers named by patterns must be there: a typing error would silence the pattern. */
static bool
check_patterns(const struct yaml *list, const struct data *d, struct err *err)
{
	size_t	i = 0;

	for (const struct yaml *e = list->first; e != NULL; e = e->next, i++) {
		const struct smtp_pattern	*p = &d->patterns[i];

		if (p->provider != NULL && data_provider(d, p->provider) == NULL)
			return yaml_err(yaml_get(e, "provider"), err,
			    "there is no provider %s in the provider data", p->provider);
		if ((p->regex == NULL) == (p->words.count == 0))
			return yaml_err(e, err, "expected either pattern or words");
	}
	return true;
}

static bool
load_smtp_codes(struct arena *a, const struct yaml *y, struct data *d, struct err *err)
{
	static const char *const	 known[] = { "basic", "enhanced", "patterns", NULL };
	struct { const char *key; const struct yaml *list; } part[3];

	if (y->kind != YAML_MAP)
		return yaml_err(y, err, "expected basic, enhanced and patterns");
	if (!yaml_known_keys(y, known, err))
		return false;
	for (int i = 0; i < 3; i++) {
		part[i].key = known[i];
		part[i].list = yaml_get(y, known[i]);
		if (part[i].list == NULL)
			return yaml_err(y, err, "%s is missing", known[i]);
	}
	d->basic = data_read_list(a, part[0].list, smtp_code_fields, sizeof(*d->basic),
	    &d->basic_count, err);
	if (d->basic == NULL)
		return false;
	d->enhanced = data_read_list(a, part[1].list, smtp_code_fields, sizeof(*d->enhanced),
	    &d->enhanced_count, err);
	if (d->enhanced == NULL)
		return false;
	d->patterns = data_read_list(a, part[2].list, pattern_fields, sizeof(*d->patterns),
	    &d->pattern_count, err);
	return d->patterns != NULL && check_patterns(part[2].list, d, err);
}

/* A bulk run asks for each name server of each domain. */
static void
index_dns_hosts(struct arena *a, struct dns_host *hosts, struct data *d)
{
	struct map	*names = map_new(a), *suffixes = map_new(a);

	for (size_t i = d->dns_host_count; i-- > 0;) {		/* the first of two stays */
		struct dns_host	*h = &hosts[i];

		for (size_t k = 0; k < h->exact.count; k++)
			map_put(names, h->exact.v[k], h);
		for (size_t k = 0; k < h->suffix.count; k++)
			map_put(suffixes, h->suffix.v[k], h);
	}
	d->dns_hosts = hosts;
	d->dns_host_names = names;
	d->dns_host_suffixes = suffixes;
}

const struct data *
data_from_yaml(struct arena *a, const struct data_files *f, struct err *err)
{
	struct data	*d = arena_zalloc(a, sizeof(*d));
	struct dns_host	*hosts;

	if (!load_senders(a, f->senders, d, err))
		return NULL;
	hosts = data_read_list(a, f->dns_hosts, dns_host_fields, sizeof(*hosts), &d->dns_host_count, err);
	if (hosts == NULL)
		return NULL;
	index_dns_hosts(a, hosts, d);
	d->providers = data_read_list(a, f->providers, provider_fields, sizeof(*d->providers),
	    &d->provider_count, err);
	if (d->providers == NULL)
		return NULL;
	if (!load_blacklists(a, f->blacklists, d, err) || !load_smtp_codes(a, f->smtp_codes, d, err) ||
	    !data_read_map(a, f->bounce_words, word_fields, &d->words, err) ||
	    (f->message_words != NULL &&
	    !data_read_map(a, f->message_words, message_fields, &d->message, err)) ||
	    (f->wordpress != NULL && !data_read_map(a, f->wordpress, wordpress_fields, &d->wordpress, err)))
		return NULL;
	if (f->links != NULL && (d->links = data_read_list(a, f->links, link_fields, sizeof(*d->links),
	    &d->link_count, err)) == NULL)
		return NULL;
	return d;
}

/* --- look-ups ----------------------------------------------------------------------------------- */

static bool
id_eq(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

const struct sender *
data_sender(const struct data *d, const char *id)
{
	for (size_t i = 0; i < d->sender_count; i++)
		if (id_eq(d->senders[i].id, id))
			return &d->senders[i];
	return NULL;
}

const struct provider *
data_provider(const struct data *d, const char *id)
{
	for (size_t i = 0; i < d->provider_count; i++)
		if (id_eq(d->providers[i].id, id))
			return &d->providers[i];
	return NULL;
}

const struct blacklist *
data_blacklist(const struct data *d, const char *id)
{
	for (size_t i = 0; i < d->blacklist_count; i++)
		if (id_eq(d->blacklists[i].id, id))
			return &d->blacklists[i];
	return NULL;
}

const struct outside_link *
data_link(const struct data *d, const char *id)
{
	for (size_t i = 0; i < d->link_count; i++)
		if (id_eq(d->links[i].id, id))
			return &d->links[i];
	return NULL;
}

bool
host_has_suffix(const char *host, const char *suffix)
{
	struct text	 h = text_of(host), s = text_of(suffix);

	if (s.n == 0 || h.n < s.n || !text_iends(h, suffix))
		return false;
	return h.n == s.n || h.p[h.n - s.n - 1] == '.';
}

/* Length of the longest of the suffixes that fits; 0 = none. */
static size_t
longest_suffix(struct text_list list, const char *host)
{
	size_t	best = 0;

	for (size_t i = 0; i < list.count; i++) {
		size_t	n = strlen(list.v[i]);

		if (n > best && host_has_suffix(host, list.v[i]))
			best = n;
	}
	return best;
}

/* Without its first label; NULL = there is no more. */
static const char *
name_rest(const char *name)
{
	const char	*dot = strchr(name, '.');

	return dot == NULL ? NULL : dot + 1;
}

static bool
dns_host_fits(const struct dns_host *h, const char *name)
{
	for (size_t i = 0; i < h->regex_count; i++)
		if (data_regex_fits(h->regex[i], name))
			return true;
	return false;
}

const struct dns_host *
data_dns_host(const struct data *d, const char *name)
{
	const struct dns_host	*host = map_get(d->dns_host_names, name);

	for (size_t i = 0; host == NULL && i < d->dns_host_count; i++)
		if (dns_host_fits(&d->dns_hosts[i], name))
			host = &d->dns_hosts[i];
	for (const char *rest = name; host == NULL && rest != NULL; rest = name_rest(rest))
		host = map_get(d->dns_host_suffixes, rest);
	return host;
}

const struct provider *
data_provider_by_mx(const struct data *d, const char *host)
{
	const struct provider	*best = NULL;
	size_t			 best_n = 0;

	for (size_t i = 0; i < d->provider_count; i++) {
		size_t	n = longest_suffix(d->providers[i].mx, host);

		if (n > best_n) {
			best = &d->providers[i];
			best_n = n;
		}
	}
	return best;
}

const struct provider *
data_provider_by_domain(const struct data *d, const char *domain)
{
	for (size_t i = 0; i < d->provider_count; i++)
		for (size_t j = 0; j < d->providers[i].domains.count; j++)
			if (text_ieq(text_of(d->providers[i].domains.v[j]), text_of(domain)))
				return &d->providers[i];
	return NULL;
}

const struct blacklist *
data_blacklist_by_zone(const struct data *d, const char *zone)
{
	const struct blacklist	*best = NULL;
	size_t			 best_n = 0;

	for (size_t i = 0; i < d->blacklist_count; i++) {
		const char	*z = d->blacklists[i].zone;

		if (z == NULL || d->blacklists[i].needs_key || strlen(z) <= best_n)
			continue;
		if (host_has_suffix(zone, z)) {
			best = &d->blacklists[i];
			best_n = strlen(z);
		}
	}
	return best;
}

const struct blacklist_code *
blacklist_code(const struct blacklist *list, struct ip answer)
{
	uint32_t	v = ip4_value(answer);

	if (answer.family != 4)
		return NULL;
	for (size_t i = 0; i < list->code_count; i++) {
		const struct blacklist_code	*c = &list->codes[i];

		if (c->bit != 0 ? (v >> 8) == 0x7f0000 && (v & c->bit) != 0 :
		    c->mask != 0 ? (v & c->mask) == c->value : c->low <= v && v <= c->high)
			return c;
	}
	return NULL;
}

const char *
blacklist_weight_word(enum blacklist_weight w)
{
	return weight_words[w];
}
