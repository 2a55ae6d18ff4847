/* Addresses and mail settings of one account, by UAPI. */

#include <string.h>

#include "panel/cpanel/internal.h"

#define TARGETS_MAX	100

/* --- forwarders --------------------------------------------------------------------------------------------- */

struct forwarders {
	const char	*now[TARGETS_MAX], *wanted[TARGETS_MAX];
	size_t		 count, wanted_count;
	bool		 other;		/* a refusal, or a program: no address */
};

static bool
read_wanted(struct forwarders *f, const struct json *targets, struct err *err)
{
	for (const struct json *v = json_first(targets); v != NULL; v = json_next(v)) {
		const char *target = json_value_str(v);

		if (target == NULL || !cp_is_target(target))
			return err_set(err, ERR_VALUE, "a forward without usable targets");
		if (f->wanted_count == TARGETS_MAX)
			return err_set(err, ERR_LIMIT, "over %d targets", TARGETS_MAX);
		f->wanted[f->wanted_count++] = target;
	}
	return true;
}

static bool
read_now(struct forwarders *f, const struct json *list, const char *address, struct err *err)
{
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *to = json_str(v, "forward");

		if (!text_iis(text_of(json_str(v, "dest")), address) || to == NULL)
			continue;
		if (!cp_is_target(to)) {
			f->other = true;
			continue;
		}
		if (f->count == TARGETS_MAX)
			return err_set(err, ERR_LIMIT, "over %d targets", TARGETS_MAX);
		f->now[f->count++] = to;
	}
	return true;
}

static bool
has(const char *const *list, size_t count, const char *target)
{
	for (size_t i = 0; i < count; i++)
		if (text_iis(text_of(list[i]), target))
			return true;
	return false;
}

static struct request
add_forwarder(struct play *y, const char *user, const char *address, const char *target)
{
	const char *domain = cp_domain_part(address);
	bool is_login = strchr(target, '@') == NULL;

	return uapi_write(y->arena, y->params, user, "Email", "add_forwarder", ARGS({ "domain", domain },
	    { "email", address }, { "fwdopt", is_login ? "system" : "fwd" },
	    { is_login ? "fwdsystem" : "fwdemail", target },));
}

static struct request
delete_forwarder(struct play *y, const char *user, const char *address, const char *target)
{
	return uapi_write(y->arena, y->params, user, "Email", "delete_forwarder", ARGS({ "address", address },
	    { "forwarder", target },));
}

/*
 * From `before` to `after`, which are lists of targets.  What is new comes first and
 * what is old goes last: an address is never without a target in between.  Lines
 * that are there already or gone already are not touched, so a change that was
 * broken off can be finished or put back.
 */
static enum step
play_targets(struct play *y, const char *address, const struct json *before, const struct json *after,
    bool alone)
{
	struct forwarders f = { .count = 0 };
	struct json *was = json_new_array(y->arena);
	const struct json *list, *data;
	const struct change as_forward = { .kind = CHANGE_FORWARD };
	const char *user;
	enum step step;
	size_t i;

	if (!cp_is_address(address))
		return cp_step_failed(y->err, ERR_VALUE, "this is no mail address");
	if (!read_wanted(&f, after, y->err))
		return STEP_FAILED;
	if ((step = cp_play_owner(y, cp_domain_part(address), &user)) != STEP_DONE)
		return step;
	if ((step = cp_play_uapi(y, uapi_read(y->arena, y->params, user, "Email", "list_forwarders",
	    ARGS({ "domain", cp_domain_part(address) },)), &list)) != STEP_DONE)
		return step;
	if (!read_now(&f, list, address, y->err))
		return STEP_FAILED;
	for (i = 0; i < f.count; i++)
		json_add_str(was, f.now[i]);
	if (change_state_eq(&as_forward, json_first(was) == NULL ? NULL : was, json_count(after) == 0 ? NULL : after))
		return STEP_DONE;
	if (!change_state_eq(&as_forward, json_first(was) == NULL ? NULL : was, json_count(before) == 0 ? NULL : before))
		return cp_step_failed(y->err, ERR_STALE, "the forwarders were changed since they were read");
	if (alone && f.other && f.wanted_count > 0)
		return cp_step_failed(y->err, ERR_VALUE, "the address refuses mail, or gives it to a program: that stays");
	for (i = 0; i < f.wanted_count; i++)
		if (!has(f.now, f.count, f.wanted[i]) &&
		    (step = cp_play_uapi(y, add_forwarder(y, user, address, f.wanted[i]), &data)) != STEP_DONE)
			return step;
	for (i = 0; i < f.count; i++)
		if (!has(f.wanted, f.wanted_count, f.now[i]) &&
		    (step = cp_play_uapi(y, delete_forwarder(y, user, address, f.now[i]), &data)) != STEP_DONE)
			return step;
	return STEP_DONE;
}

static bool
is_forwarder(const struct json *state)
{
	const char *kind = json_str(state, "kind");

	return json_is_null(state) || (kind != NULL && (strcmp(kind, "alias") == 0 || strcmp(kind, "forward") == 0));
}

enum step
cpanel_next_mailbox(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };

	(void)ev;
	if (!is_forwarder(c->before) || !is_forwarder(c->after) || json_is_null(c->before) == json_is_null(c->after))
		return cp_step_failed(err, ERR_UNSUPPORTED, "addresses are made as aliases or forwards only");
	return play_targets(&y, c->address, json_get(c->before, "targets"), json_get(c->after, "targets"), true);
}

static const struct json *
row_of(const struct json *rows, const char *address, const char *kind)
{
	for (const struct json *v = json_first(rows); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "address")), address) &&
		    (kind == NULL || strcmp(json_str(v, "kind"), kind) == 0))
			return v;
	return NULL;
}

/* The addresses of its domain; NULL = cannot go on. */
static const struct json *
rows_of(struct evidence *ev, const char *address)
{
	const char *domain = cp_domain_part(address);

	if (domain == NULL) {
		ev_fail(ev, "panel mail address", "value", "this is no mail address");
		return NULL;
	}
	return ev_fact(ev, "site_accounts", domain);
}

bool
cpanel_state_mailbox(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *rows = rows_of(ev, c->address), *row;
	struct json *state;

	(void)params;
	if (rows == NULL)
		return false;
	*ret = NULL;
	if ((row = row_of(rows, c->address, NULL)) == NULL)
		return true;
	state = json_new_object(a);
	json_put_str(state, "kind", json_str(row, "kind"));
	json_put_copy(state, "targets", json_get(row, "targets"));
	*ret = state;
	return true;
}

enum step
cpanel_next_forward(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };

	(void)ev;
	return play_targets(&y, c->address, c->before, c->after, false);
}

bool
cpanel_state_forward(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *rows = rows_of(ev, c->address), *row;

	(void)params;
	if (rows == NULL)
		return false;
	row = row_of(rows, c->address, "forward");
	if (row == NULL)
		row = row_of(rows, c->address, "alias");
	*ret = row == NULL ? NULL : json_copy(a, json_get(row, "targets"));
	return true;
}

/* --- a mailbox beside a forward ---------------------------------------------------------------------------------- */

#define EMPTY_MAX	512		/* bytes that an empty mailbox has of its own; a message has more */

/* Mail that came into it since would be lost: then it stays. */
static enum step
remove_mailbox(struct play *y, const char *user, const char *address)
{
	const struct json *pops, *v, *data;
	int64_t used = -1;
	enum step step;

	if ((step = cp_play_uapi(y, uapi_read(y->arena, y->params, user, "Email", "list_pops_with_disk",
	    ARGS({ "domain", cp_domain_part(address) },)), &pops)) != STEP_DONE)
		return step;
	for (v = json_first(pops); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "email")), address))
			break;
	if (v == NULL)
		return STEP_DONE;
	if (!cp_number(v, "_diskused", &used) || used > EMPTY_MAX)
		return cp_step_failed(y->err, ERR_VALUE, "the mailbox holds mail, or nobody says that it does not: it stays");
	return cp_play_uapi(y, uapi_write(y->arena, y->params, user, "Email", "delete_pop",
	    ARGS({ "email", cp_local_part(y->arena, address) }, { "domain", cp_domain_part(address) },)), &data);
}

/* The password is made where the call is carried and told to nobody: the owner sets his own. */
static enum step
add_mailbox(struct play *y, const char *user, const char *address)
{
	const struct json *data;
	struct request request;

	if (!uapi_write_secret(y->arena, y->params, user, "Email", "add_pop",
	    ARGS({ "email", cp_local_part(y->arena, address) }, { "domain", cp_domain_part(address) },
	    { "password", SECRET_HERE }, { "quota", "0" },), REQUEST_SECRET_RANDOM, &request, y->err))
		return STEP_FAILED;
	return cp_play_uapi(y, request, &data);
}

enum step
cpanel_next_keeps_copy(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *user;
	enum step step;

	(void)ev;
	if (!cp_is_address(c->object))
		return cp_step_failed(err, ERR_VALUE, "this is no mail address");
	if ((step = cp_play_owner(&y, cp_domain_part(c->object), &user)) != STEP_DONE)
		return step;
	return json_value_bool(c->after, false) ? add_mailbox(&y, user, c->object) :
	    remove_mailbox(&y, user, c->object);
}

bool
cpanel_state_keeps_copy(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *rows = rows_of(ev, c->object), *row;

	(void)params;
	if (rows == NULL)
		return false;
	if ((row = row_of(rows, c->object, "forward")) == NULL) {
		ev_fail(ev, "panel mail address", "not_found", "the address does not forward");
		return false;
	}
	*ret = state_of_bool(a, json_tristate(row, "keeps_copy") == 1);
	return true;
}

/* --- how much an address or an account may send --------------------------------------------------------------------- */

static enum step
mailbox_limit(struct play *y, const struct change *c)
{
	bool block = json_is_int(c->after) && json_value_int(c->after, -1) == 0;
	const struct json *data;
	const char *user;
	enum step step;

	if (!cp_is_address(c->object))
		return cp_step_failed(y->err, ERR_VALUE, "this is no mail address");
	if (!block && json_is_int(c->after) && json_value_int(c->after, -1) > 0)
		return cp_step_failed(y->err, ERR_UNSUPPORTED, "cPanel counts by domain, not by mailbox");
	if ((step = cp_play_owner(y, cp_domain_part(c->object), &user)) != STEP_DONE)
		return step;
	return cp_play_uapi(y, uapi_write(y->arena, y->params, user, "Email", block ? "suspend_outgoing" :
	    "unsuspend_outgoing", ARGS({ "email", c->object },)), &data);
}

/* Misspelt parameters are passed over with success: what is read back tells. */
static enum step
account_limit(struct play *y, const struct change *c)
{
	const char *value = json_is_int(c->after) && json_value_int(c->after, -1) > 0 ?
	    arena_printf(y->arena, "%lld", (long long)json_value_int(c->after, -1)) : "unlimited";
	const struct json *data;
	const char *user;
	enum step step;

	if (json_is_int(c->after) && json_value_int(c->after, -1) == 0)
		return cp_step_failed(y->err, ERR_UNSUPPORTED, "0 means no limit to cPanel");
	if ((step = cp_play_owner(y, c->object, &user)) != STEP_DONE)
		return step;
	return cp_play_whm(y, whm_write(y->arena, y->params, "modifyacct", ARGS({ "user", user },
	    { "MAX_EMAIL_PER_HOUR", value },)), &data);
}

enum step
cpanel_next_outgoing_limit(struct arena *a, const struct change *c, const struct call_log *log,
    struct evidence *ev, const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };

	(void)ev;
	return strcmp(c->scope, "domain") == 0 ? account_limit(&y, c) : mailbox_limit(&y, c);
}

static bool
state_of_account(struct evidence *ev, struct arena *a, const char *domain, const struct panel_params *params,
    const struct json **ret)
{
	const struct json *site, *data;
	struct err err;
	int64_t n;

	if (!cp_site_row(ev, domain, &site))
		return false;
	if (site == NULL) {
		ev_fail(ev, "panel domain", "not_found", "the panel has no such domain");
		return false;
	}
	if (!cpanel_need(ev, "panel account", ask_whm(ev, a, params, "accountsummary",
	    ARGS({ "user", arena_strdup(evidence_arena(ev), json_str(site, "user")) },), &data, &err), &err))
		return false;
	n = cp_limit(json_first(cp_list(data, "acct")), "max_email_per_hour");
	*ret = n > 0 ? state_of_int(a, n) : NULL;
	return true;
}

bool
cpanel_state_outgoing_limit(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *rows, *row;

	if (strchr(c->object, '@') == NULL)
		return state_of_account(ev, a, c->object, params, ret);
	if ((rows = rows_of(ev, c->object)) == NULL)
		return false;
	if ((row = row_of(rows, c->object, "mailbox")) == NULL) {
		ev_fail(ev, "panel mail address", "not_found", "there is no such mailbox");
		return false;
	}
	*ret = json_is_int(json_get(row, "limit")) ? state_of_int(a, json_int(row, "limit", -1)) : NULL;
	return true;
}

/* --- mail to unknown users -------------------------------------------------------------------------------------------- */

enum step
cpanel_next_catch_all(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *kind = json_str(c->after, "kind"), *target = json_str(c->after, "target"), *user;
	struct arg args[] = { { "domain", c->object }, { "fwdopt", NULL }, { NULL, NULL }, { NULL, NULL } };
	const struct json *data;
	enum step step;

	(void)ev;
	if (kind != NULL && strcmp(kind, "reject") == 0) {
		args[1].value = "fail";
		args[2] = (struct arg){ "failmsgs", target == NULL ? "No Such User Here" : target };
	} else if (kind != NULL && strcmp(kind, "discard") == 0)
		args[1].value = "blackhole";
	else if (kind != NULL && strcmp(kind, "forward") == 0 && target != NULL && *target == '|') {
		args[1].value = "pipe";
		args[2] = (struct arg){ "pipefwd", target + 1 };
	} else if (kind != NULL && strcmp(kind, "forward") == 0 && target != NULL) {
		args[1].value = "fwd";
		args[2] = (struct arg){ "fwdemail", target };
	} else
		return cp_step_failed(err, ERR_VALUE, "cPanel cannot do this with mail to unknown users");
	if ((step = cp_play_owner(&y, c->object, &user)) != STEP_DONE)
		return step;
	return cp_play_uapi(&y, uapi_write(a, params, user, "Email", "set_default_address", args), &data);
}

bool
cpanel_state_catch_all(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *fact = ev_fact(ev, "default_address", c->object);
	struct json *holder;

	(void)params;
	if (fact == NULL)
		return false;
	holder = json_new_object(a);
	cp_put_default_address(holder, a, json_str(fact, "text"));
	if (json_is_null(json_get(holder, "catch_all"))) {
		ev_fail(ev, "panel default address", "unsupported", "the panel does not say how this is set");
		return false;
	}
	*ret = json_copy(a, json_get(holder, "catch_all"));
	return true;
}

/* --- who takes the mail of a domain ------------------------------------------------------------------------------------ */

/* It has two names for its one parameter, of which a call may hold one. */
enum step
cpanel_next_routing(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	const char *user, *way = json_value_str(c->after);
	const struct json *data;
	enum step step;

	(void)ev;
	if (cp_mx_check(way) == NULL)
		return cp_step_failed(err, ERR_VALUE, "cPanel has no such way for mail");
	if ((step = cp_play_owner(&y, c->object, &user)) != STEP_DONE)
		return step;
	return cp_play_uapi(&y, uapi_write(a, params, user, "Email", "set_always_accept",
	    ARGS({ "domain", c->object }, { "mxcheck", way },)), &data);
}

bool
cpanel_state_routing(struct evidence *ev, struct arena *a, const struct change *c,
    const struct panel_params *params, const struct json **ret)
{
	const struct json *mxs = ev_fact(ev, "mail_routing", c->object);

	(void)params;
	if (mxs == NULL)
		return false;
	if (json_str(mxs, "mxcheck") == NULL) {
		ev_fail(ev, "panel mail routing", "unsupported", "the panel does not say who takes its mail");
		return false;
	}
	*ret = state_of_str(a, json_str(mxs, "mxcheck"));
	return true;
}

/* --- password ------------------------------------------------------------------------------------------------------------- */

enum step
cpanel_next_password(struct arena *a, const struct change *c, const struct call_log *log, struct evidence *ev,
    const struct panel_params *params, struct request *call, struct err *err)
{
	struct play y = { a, log, params, 0, call, err };
	struct request request;
	const struct json *data;
	const char *user;
	enum step step;

	(void)ev;
	if (!cp_is_address(c->object))
		return cp_step_failed(err, ERR_VALUE, "this is no mail address");
	if ((step = cp_play_owner(&y, cp_domain_part(c->object), &user)) != STEP_DONE)
		return step;
	if (!uapi_write_secret(a, params, user, "Email", "passwd_pop",
	    ARGS({ "email", cp_local_part(a, c->object) }, { "domain", cp_domain_part(c->object) },
	    { "password", SECRET_HERE },), c->secret_ref, &request, err))
		return STEP_FAILED;
	return cp_play_uapi(&y, request, &data);
}
