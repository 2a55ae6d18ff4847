/* Addresses: aliases, forwards, passwords; all by the mail utility. */

#include <string.h>

#include "panel/plesk/internal.h"

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? NULL : at + 1;
}

static const char *
local_of(struct arena *a, const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? address : arena_strndup(a, address, (size_t)(at - address));
}

/* A name that the utility would take for an option, or that is no address. */
static bool
is_address(const char *address)
{
	struct text text = text_of(address);
	size_t at;

	if (!text_find(text, TEXT("@"), &at) || at == 0 || text_starts(text, "-"))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || text.p[i] == ',' || text.p[i] == 0x7f)
			return false;
	return true;
}

static bool
join(struct arena *a, const struct json *targets, const char *before, const char **ret)
{
	struct str list = str_in(a, 65536);

	str_add(&list, before);
	for (const struct json *v = json_first(targets); v != NULL; v = json_next(v)) {
		if (json_value_str(v) == NULL || !is_address(json_value_str(v)))
			return false;
		if (v != json_first(targets))
			str_addc(&list, ',');
		str_add(&list, json_value_str(v));
	}
	*ret = list.p;
	return str_ok(&list) && json_first(targets) != NULL;
}

static bool
is_kind(const struct json *state, const char *kind)
{
	const char *is = json_str(state, "kind");

	return is != NULL && strcmp(is, kind) == 0;
}

/* --- an address comes or goes ----------------------------------------------------------------- */

static enum step
alias_change(struct arena *a, const struct change *c, const struct json *alias, const char *verb,
    const struct call_log *log, struct request *call, struct err *err)
{
	const char *of = json_value_str(json_first(json_get(alias, "targets")));

	if (of == NULL || !is_address(of) ||
	    !text_iis(text_of(domain_of(of)), domain_of(c->address)))
		return plesk_step_failed(err, ERR_VALUE, "an alias belongs to a mailbox of the same domain");
	return plesk_one_cli(a, log, "mail", (const char *const[]){ "--update", of, "-aliases",
	    arena_printf(a, "%s:%s", verb, local_of(a, c->address)), NULL }, call, err);
}

enum step
plesk_next_mailbox(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *targets;

	(void)ev;
	(void)params;
	if (!is_address(c->address))
		return plesk_step_failed(err, ERR_VALUE, "this is no mail address");
	if (is_kind(c->after, "alias") && json_is_null(c->before))
		return alias_change(a, c, c->after, "add", log, call, err);
	if (is_kind(c->before, "alias") && json_is_null(c->after))
		return alias_change(a, c, c->before, "del", log, call, err);
	if (is_kind(c->after, "forward") && json_is_null(c->before)) {
		if (!join(a, json_get(c->after, "targets"), "set:", &targets))
			return plesk_step_failed(err, ERR_VALUE, "a forward without usable targets");
		return plesk_one_cli(a, log, "mail", (const char *const[]){ "--create", c->address, "-mailbox",
		    "false", "-forwarding", "true", "-forwarding-addresses", targets, NULL }, call, err);
	}
	/* An address that only forwards holds no mail that could be lost. */
	if (is_kind(c->before, "forward") && json_is_null(c->after))
		return plesk_one_cli(a, log, "mail", (const char *const[]){ "--remove", c->address, NULL }, call,
		    err);
	return plesk_step_failed(err, ERR_UNSUPPORTED, "addresses are made as aliases or forwards only");
}

static const struct json *
row_of(const struct json *mailboxes, const char *address, const char *kind)
{
	const struct json *v;

	for (v = json_first(mailboxes); v != NULL; v = json_next(v)) {
		if (text_iis(text_of(json_str(v, "address")), address) && (kind == NULL || is_kind(v, kind)))
			return v;
	}
	return NULL;
}

bool
plesk_state_mailbox(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const char *domain = domain_of(c->address);
	const struct json *mailboxes, *row;
	struct json *state;

	(void)params;
	if (domain == NULL || (mailboxes = ev_fact(ev, "site_accounts", domain)) == NULL)
		return false;
	row = row_of(mailboxes, c->address, NULL);
	*ret = NULL;
	if (row == NULL)
		return true;
	state = json_new_object(a);
	json_put_str(state, "kind", json_str(row, "kind"));
	json_put_copy(state, "targets", json_get(row, "targets"));
	*ret = state;
	return true;
}

/* --- where an address forwards to ------------------------------------------------------------- */

enum step
plesk_next_forward(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	const char *targets;

	(void)ev;
	(void)params;
	if (!is_address(c->address))
		return plesk_step_failed(err, ERR_VALUE, "this is no mail address");
	if (json_count(c->after) == 0)
		return plesk_one_cli(a, log, "mail", (const char *const[]){ "--update", c->address,
		    "-forwarding", "false", NULL }, call, err);
	if (!join(a, c->after, "set:", &targets))
		return plesk_step_failed(err, ERR_VALUE, "a forward without usable targets");
	return plesk_one_cli(a, log, "mail", (const char *const[]){ "--update", c->address, "-forwarding", "true",
	    "-forwarding-addresses", targets, NULL }, call, err);
}

bool
plesk_state_forward(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const char *domain = domain_of(c->address);
	const struct json *mailboxes, *row;

	if (domain == NULL || (mailboxes = ev_fact(ev, "site_accounts", domain)) == NULL)
		return false;
	(void)params;
	row = row_of(mailboxes, c->address, "forward");
	*ret = row == NULL ? NULL : json_copy(a, json_get(row, "targets"));
	return true;
}

/* Plesk keeps a copy exactly when the address is a mailbox as well. */
enum step
plesk_next_keeps_copy(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	if (!is_address(c->object))
		return plesk_step_failed(err, ERR_VALUE, "this is no mail address");
	return plesk_one_cli(a, log, "mail", (const char *const[]){ "--update", c->object, "-mailbox",
	    json_value_bool(c->after, false) ? "true" : "false", NULL }, call, err);
}

bool
plesk_state_keeps_copy(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const char *domain = domain_of(c->object);
	const struct json *mailboxes, *row;

	(void)params;
	if (domain == NULL || (mailboxes = ev_fact(ev, "site_accounts", domain)) == NULL)
		return false;
	row = row_of(mailboxes, c->object, "forward");
	if (row == NULL || json_tristate(row, "keeps_copy") < 0) {
		ev_fail(ev, "panel mail address", row == NULL ? "not_found" : "unsupported",
		    row == NULL ? "the address does not forward" : "the panel does not say");
		return false;
	}
	*ret = state_of_bool(a, json_tristate(row, "keeps_copy") == 1);
	return true;
}

/* --- password --------------------------------------------------------------------------------- */

enum step
plesk_next_password(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	(void)ev;
	(void)params;
	if (!is_address(c->object))
		return plesk_step_failed(err, ERR_VALUE, "this is no mail address");
	if (log->count == 0) {
		*call = cli_change_secret(a, "mail", (const char *const[]){ "--update", c->object, "-passwd",
		    "", NULL }, c->secret_ref);
		return STEP_CALL;
	}
	return cli_done(a, plesk_last_reply(log), err) ? STEP_DONE : STEP_FAILED;
}
