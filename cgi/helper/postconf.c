/*
 * main.cf.  Only these parameters are read or written, each with what its
 * value may be: what we would set, and whatever a person may have had there
 * before, since an undo puts exactly that back.  A restriction list may gain
 * or lose a policy server, nothing else: so nobody can open a relay through
 * this door.
 */

#include <string.h>

#include "helper/helper.h"

static bool	value_is_host(const char *);
static bool	value_is_banner(const char *);
static bool	value_is_protocols(const char *);
static bool	value_is_preference(const char *);
static bool	next_word(struct text *rest, struct text *word);

static const struct parameter {
	const char	*name;
	bool		(*good)(const char *value);	/* NULL = only read */
	bool		policy;				/* a restriction list */
} parameters[] = {
	{ "myhostname", value_is_host, false },
	{ "smtpd_banner", value_is_banner, false },
	{ "smtp_helo_name", value_is_host, false },
	{ "inet_protocols", value_is_protocols, false },
	{ "smtp_address_preference", value_is_preference, false },
	{ "smtpd_sender_restrictions", NULL, true },
	{ "smtpd_recipient_restrictions", NULL, true },
	{ "smtpd_data_restrictions", NULL, true },
	{ "smtpd_end_of_data_restrictions", NULL, true },
	{ "smtpd_client_restrictions", NULL, false },
	{ "smtpd_relay_restrictions", NULL, false },
	{ "mail_version", NULL, false },
	{ "mydomain", NULL, false },
	{ "myorigin", NULL, false },
	{ "mydestination", NULL, false },
	{ "mynetworks", NULL, false },
	{ "virtual_mailbox_domains", NULL, false },
	{ "virtual_mailbox_maps", NULL, false },
	{ "virtual_alias_domains", NULL, false },
	{ "virtual_alias_maps", NULL, false },
	{ "relay_domains", NULL, false },
	{ "alias_maps", NULL, false },
	{ "relayhost", NULL, false },
	{ "inet_interfaces", NULL, false },
	{ "smtp_bind_address", NULL, false },
	{ "smtp_bind_address6", NULL, false },
	{ "smtpd_milters", NULL, false },
	{ "non_smtpd_milters", NULL, false },
	{ "milter_default_action", NULL, false },
	{ "content_filter", NULL, false },
	{ "sender_canonical_maps", NULL, false },
	{ "recipient_canonical_maps", NULL, false },
	{ "local_recipient_maps", NULL, false },
	{ "luser_relay", NULL, false },
	{ "smtp_tls_security_level", NULL, false },
	{ "smtpd_tls_auth_only", NULL, false },
	{ "smtpd_sender_login_maps", NULL, false },
	{ "smtpd_reject_unlisted_recipient", NULL, false },
	{ "smtpd_client_message_rate_limit", NULL, false },
	{ "authorized_submit_users", NULL, false },
	{ "maximal_queue_lifetime", NULL, false },
	{ "queue_directory", NULL, false },
	{ "maillog_file", NULL, false },
};

static const struct parameter *
parameter_find(const char *name)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	return NULL;
}

/* --- values ------------------------------------------------------------------------------------- */

/* Parameters that the world sees anyway; no other may be shown to it. */
static bool
is_public(const char *p)
{
	static const char *const shown[] = { "myhostname", "mydomain", "mail_name", "mail_version" };
	bool braces = p[1] == '{';

	p += braces ? 2 : 1;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		size_t n = strlen(shown[i]);

		if (strncmp(p, shown[i], n) == 0 && (braces ? p[n] == '}' :
		    !ascii_isalnum((unsigned char)p[n]) && p[n] != '_'))
			return true;
	}
	return false;
}

static bool
is_shown(const char *value)
{
	if (strlen(value) > 250)
		return false;
	for (const char *p = value; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || (*p == '$' && !is_public(p)))
			return false;
	return true;
}

/* One word: "mail.host.example", but also "Server1" and "mail.$mydomain". */
static bool
value_is_host(const char *value)
{
	if (value[0] == '\0' || value[0] == '-' || !is_shown(value))
		return false;
	for (const char *p = value; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && strchr("._-${}", *p) == NULL)
			return false;
	return true;
}

/* RFC 5321 4.2 wants the name first; what somebody had there need not hold to it. */
static bool
value_is_banner(const char *value)
{
	return value[0] != '\0' && is_shown(value);
}

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

static bool
value_is_protocols(const char *value)
{
	struct text rest = text_of(value), word;
	size_t count = 0;

	for (; next_word(&rest, &word); count++)
		if (!text_is(word, "all") && !text_is(word, "ipv4") && !text_is(word, "ipv6"))
			return false;
	return count > 0 && count <= 3;
}

static bool
value_is_preference(const char *value)
{
	return is_one_of(value, (const char *const[]){ "any", "ipv4", "ipv6", NULL });
}

/* --- restriction lists ---------------------------------------------------------------------------- */

static bool
next_word(struct text *rest, struct text *word)
{
	size_t n = 0, depth = 0;		/* what stands in braces is one word */

	while (rest->n > 0 && (ascii_isspace((unsigned char)rest->p[0]) || rest->p[0] == ','))
		*rest = text_skip(*rest, 1);
	for (; n < rest->n && (depth > 0 || (!ascii_isspace((unsigned char)rest->p[n]) && rest->p[n] != ',')); n++) {
		depth += rest->p[n] == '{';
		depth -= rest->p[n] == '}' && depth > 0;
	}
	*word = text_head(*rest, n);
	*rest = text_skip(*rest, n);
	return n > 0;
}

/* inet:127.0.0.1:10040 or unix:ratelimit/policy: this machine only. */
static bool
is_policy_server(struct text server)
{
	static const char *const hosts[] = { "inet:127.0.0.1:", "inet:localhost:", "inet:[::1]:" };
	uint64_t port;

	for (size_t i = 0; i < 3; i++)
		if (text_starts(server, hosts[i]))
			return text_uint(text_skip(server, strlen(hosts[i])), 65535, &port) && port > 0;
	if (!text_starts(server, "unix:") || server.n > 128 || server.n < 6)
		return false;
	for (size_t i = 5; i < server.n; i++)
		if (!ascii_isalnum((unsigned char)server.p[i]) && (strchr("/_-", server.p[i]) == NULL))
			return false;
	return true;
}

/* One that stands there already may stay, however it is written. */
static bool
is_there(struct text list, struct text server)
{
	struct text word;

	while (next_word(&list, &word))
		if (text_is(word, "check_policy_service") && next_word(&list, &word) && text_eq(word, server))
			return true;
	return false;
}

/* The next word that is no policy server; *bad: one that may neither come nor was in `before`. */
static bool
next_other(struct text *rest, struct text *word, struct text before, bool *bad)
{
	struct text server;

	while (next_word(rest, word)) {
		if (!text_is(*word, "check_policy_service"))
			return true;
		if (!next_word(rest, &server) || !(is_policy_server(server) || is_there(before, server)))
			*bad = true;
	}
	return false;
}

static bool
differs_by_policy_only(struct text before, struct text after)
{
	const struct text present = before;
	struct text a, b;
	bool bad = false, more_a, more_b;

	do {
		more_a = next_other(&before, &a, present, &bad);
		more_b = next_other(&after, &b, present, &bad);
	} while (more_a && more_b && text_eq(a, b));
	return !more_a && !more_b && !bad;
}

/* --- verbs ------------------------------------------------------------------------------------------- */

static bool
postconf(struct verb_call *c, const char *option, const char *const *args, size_t count, struct err *err)
{
	const char **argv = arena_array(c->arena, count + 5, sizeof(*argv));
	size_t n = 0;

	argv[n++] = "postconf";
	argv[n++] = "-c";
	argv[n++] = c->helper->postfix_dir;
	argv[n++] = option;
	for (size_t i = 0; i < count; i++)
		argv[n++] = args[i];
	return run_program(c->arena, argv, (struct text){ "", 0 }, c->reply, err);
}

static bool
names_only(const struct verb_call *c, bool to_write, struct err *err)
{
	for (size_t i = 0; i < c->arg_count; i++) {
		const struct parameter *p = parameter_find(c->args[i]);

		if (p == NULL || (to_write && p->good == NULL && !p->policy))
			return err_set(err, ERR_VALUE, "not a parameter of the list");
	}
	return true;
}

bool
verb_postconf_get(struct verb_call *c, struct err *err)
{
	return names_only(c, false, err) && postconf(c, "-x", c->args, c->arg_count, err);
}

bool
verb_postconf_explicit(struct verb_call *c, struct err *err)
{
	return names_only(c, false, err) && postconf(c, "-n", c->args, c->arg_count, err);
}

/*
 * Does root himself have Postfix ask this table for domains or mailboxes?  No
 * other is opened: what reads a database's settings tells a line that it does
 * not understand, whatever file it is.
 */
bool
table_is_configured(struct verb_call *c, const char *table, struct err *err)
{
	static const char *const names[] = { "mydestination", "relay_domains", "virtual_mailbox_domains",
	    "virtual_mailbox_maps", "virtual_alias_domains", "virtual_alias_maps" };
	struct text rest, word;

	if (!postconf(c, "-xh", names, sizeof(names) / sizeof(names[0]), err))
		return false;
	for (rest = c->reply->out; c->reply->status == 0 && next_word(&rest, &word);) {
		if (text_starts(word, "proxy:"))
			word = text_skip(word, 6);
		if (text_is(word, table))
			return true;
	}
	return err_set(err, ERR_VALUE, "not a table that main.cf names");
}

static bool
present_value(struct verb_call *c, const char *name, struct text *ret, struct err *err)
{
	if (!postconf(c, "-h", &name, 1, err))
		return false;
	*ret = c->reply->out;
	return c->reply->status == 0 || err_set(err, ERR_IO, "the present value cannot be read");
}

/* A restriction list may go when nothing but policy servers stands in it. */
bool
verb_postconf_unset(struct verb_call *c, struct err *err)
{
	for (size_t i = 0; i < c->arg_count; i++) {
		const struct parameter *p = parameter_find(c->args[i]);
		struct text present;

		if (p == NULL || (p->good == NULL && !p->policy))
			return err_set(err, ERR_VALUE, "not a parameter that may be taken out");
		if (p->policy && (!present_value(c, p->name, &present, err) ||
		    !(differs_by_policy_only(present, text_of("")) ||
		    err_set(err, ERR_VALUE, "%s: only a policy server may come or go", p->name))))
			return false;
	}
	return postconf(c, "-X", c->args, c->arg_count, err);
}

static bool
may_set(struct verb_call *c, const char *arg, struct err *err)
{
	const char *eq = strchr(arg, '=');
	const struct parameter *p = eq == NULL ? NULL :
	    parameter_find(arena_strndup(c->arena, arg, (size_t)(eq - arg)));
	struct text present;

	if (p == NULL || (p->good == NULL && !p->policy))
		return err_set(err, ERR_VALUE, "not a parameter that may be set");
	if (strpbrk(eq, "\n\r") != NULL || strlen(eq) > 4096)
		return err_set(err, ERR_VALUE, "%s: not a value", p->name);
	if (p->good != NULL)
		return p->good(eq + 1) || err_set(err, ERR_VALUE, "%s: not a value that it may have", p->name);
	return present_value(c, p->name, &present, err) &&
	    (differs_by_policy_only(present, text_of(eq + 1)) ||
	    err_set(err, ERR_VALUE, "%s: only a policy server may come or go", p->name));
}

bool
verb_postconf_set(struct verb_call *c, struct err *err)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (!may_set(c, c->args[i], err))
			return false;
	return postconf(c, "-e", c->args, c->arg_count, err);
}
