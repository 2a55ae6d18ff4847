/*
 * cPanel's own commands, for a backend that runs on the panel's server and holds
 * no token.
 *
 *	whmapi1 FUNCTION NAME=VALUE...		whmapi1 --output=json FUNCTION ...
 *	uapi USER MODULE FUNCTION NAME=VALUE...	uapi --output=json --user=USER MODULE FUNCTION ...
 *
 * As root these could do anything: only the functions of the lists here are run, a
 * setting only under the keys that stand here, and what a batch holds is looked
 * at one by one.  Values come percent-encoded, as the commands decode them.
 */

#include <string.h>

#include "helper/helper.h"

#define COMMANDS_MAX	20
#define HOSTNAME_S	330		/* it restarts half of the server */

/* --- what may be called ------------------------------------------------------------------------------------ */

struct function {
	const char	*module, *name;		/* module NULL: WHM API 1 */
	bool		 write;			/* not within a batch */
	const char	*params[8];		/* name, or name=value; NULL = any */
};

static const struct function functions[] = {
	{ NULL, "version", false, { NULL } },
	{ NULL, "gethostname", false, { NULL } },
	{ NULL, "listips", false, { NULL } },
	{ NULL, "listaccts", false, { NULL } },
	{ NULL, "listresellers", false, { NULL } },
	{ NULL, "accountsummary", false, { NULL } },
	{ NULL, "get_domain_info", false, { NULL } },
	{ NULL, "has_local_authority", false, { NULL } },
	{ NULL, "parse_dns_zone", false, { NULL } },
	{ NULL, "validate_current_ptrs", false, { NULL } },
	{ NULL, "validate_current_dkims", false, { NULL } },
	{ NULL, "fetch_mail_queue", false, { NULL } },
	{ NULL, "emailtrack_user_stats", false, { NULL } },
	{ NULL, "get_tweaksetting", false, { "key=maxemailsperhour", "key=eximmailtrap", "key=skipeximstats" } },
	{ NULL, "set_tweaksetting", true, { "key=maxemailsperhour", "value" } },
	{ NULL, "sethostname", true, { "hostname" } },
	{ NULL, "modifyacct", true, { "user", "MAX_EMAIL_PER_HOUR" } },
	{ NULL, "mass_edit_dns_zone", true, { NULL } },
	{ NULL, "ensure_dkim_keys_exist", true, { NULL } },
	{ NULL, "enable_dkim", true, { NULL } },
	{ NULL, "disable_dkim", true, { NULL } },
	{ "Email", "list_pops_with_disk", false, { NULL } },
	{ "Email", "list_forwarders", false, { NULL } },
	{ "Email", "list_default_address", false, { NULL } },
	{ "Email", "list_mxs", false, { NULL } },
	{ "Features", "has_feature", false, { "name=anti_spam_guide" } },
	{ "ClamScanner", "get_scan_paths", false, { NULL } },
	{ "ClamScanner", "list_infected_files", false, { NULL } },
	{ "Email", "suspend_outgoing", true, { "email" } },
	{ "Email", "unsuspend_outgoing", true, { "email" } },
	{ "Email", "delete_pop", true, { "email", "domain" } },
	{ "Email", "delete_forwarder", true, { "address", "forwarder" } },
	{ "Email", "set_always_accept", true, { "domain", "mxcheck" } },
	/* A pipe would be a program of our choice. */
	{ "Email", "add_forwarder", true, { "domain", "email", "fwdopt=fwd", "fwdopt=system", "fwdemail", "fwdsystem" } },
	{ "Email", "set_default_address", true, { "domain", "fwdopt=fwd", "fwdopt=fail", "fwdopt=blackhole",
	    "fwdemail", "failmsgs" } },
};

static const struct function *
function_find(const char *module, struct text name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		const struct function *f = &functions[i];

		if ((module == NULL) == (f->module == NULL) && text_is(name, f->name) &&
		    (module == NULL || strcmp(module, f->module) == 0))
			return f;
	}
	return NULL;
}

static bool
is_login(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!ascii_isalnum((unsigned char)t.p[i]) && t.p[i] != '_' && t.p[i] != '-' && t.p[i] != '.')
			return false;
	return t.n > 0 && t.n <= 64 && t.p[0] != '-' && t.p[0] != '.';
}

/* NAME=VALUE, the value percent-encoded: neither holds a byte that means anything to anybody. */
static bool
param_read(struct text arg, struct text *name, struct text *value)
{
	*value = arg;
	if (!text_split(value, '=', name) || name->n == 0 || name->n == arg.n)
		return false;
	for (size_t i = 0; i < name->n; i++)
		if (!ascii_isalnum((unsigned char)name->p[i]) && strchr("._-", name->p[i]) == NULL)
			return false;
	for (size_t i = 0; i < value->n; i++)
		if (!ascii_isalnum((unsigned char)value->p[i]) && strchr("._-%", value->p[i]) == NULL)
			return false;
	return ascii_isalnum((unsigned char)name->p[0]);
}

static bool
param_allowed(const struct function *f, struct text name, struct text value)
{
	if (f->params[0] == NULL)
		return true;
	for (size_t i = 0; i < sizeof(f->params) / sizeof(f->params[0]) && f->params[i] != NULL; i++) {
		struct text rest = text_of(f->params[i]), of;

		text_split(&rest, '=', &of);
		if (text_eq(of, name) && (strchr(f->params[i], '=') == NULL || text_eq(rest, value)))
			return true;
	}
	return false;
}

static struct text
decoded(struct arena *a, struct text value)
{
	struct str s = str_in(a, value.n + 1);

	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '%' && i + 2 < value.n && ascii_hex((unsigned char)value.p[i + 1]) >= 0 &&
		    ascii_hex((unsigned char)value.p[i + 2]) >= 0) {
			str_addc(&s, (char)(ascii_hex((unsigned char)value.p[i + 1]) * 16 +
			    ascii_hex((unsigned char)value.p[i + 2])));
			i += 2;
		} else
			str_addc(&s, value.p[i]);
	}
	return str_text(&s);
}

/* ["Email","list_forwarders",{...}] within Batch::strict */
static bool
item_allowed(struct arena *a, struct text item)
{
	const struct json *v = json_first(json_parse(a, item, NULL));
	const char *module = json_value_str(v), *name = json_value_str(v = json_next(v));
	const struct function *f = module == NULL || name == NULL ? NULL : function_find(module, text_of(name));

	return f != NULL && !f->write;
}

/* uapi_cpanel?cpanel.user=U&cpanel.module=M&cpanel.function=F&... */
static bool
uapi_allowed(struct arena *a, struct text query)
{
	const char *module = NULL;
	struct text rest = query, part, name, value, function = { "", 0 };
	const struct function *f;

	while (text_split(&rest, '&', &part)) {
		if (!param_read(part, &name, &value))
			return false;
		if (text_is(name, "cpanel.module"))
			module = text_cstr(a, value);
		else if (text_is(name, "cpanel.function"))
			function = value;
		else if (text_is(name, "cpanel.user") && !is_login(value))
			return false;
	}
	if (module == NULL)
		return false;
	if (strcmp(module, "Batch") == 0 && text_is(function, "strict")) {
		while (text_split(&query, '&', &part))
			if (param_read(part, &name, &value) && text_starts(name, "command-") &&
			    !item_allowed(a, decoded(a, value)))
				return false;
		return true;
	}
	f = function_find(module, function);
	return f != NULL && !f->write;
}

/* FUNCTION?name=value&...: reading only. */
static bool
command_allowed(struct arena *a, struct text command)
{
	struct text rest = command, name, part, param, value;
	const struct function *f;

	if (!text_split(&rest, '?', &name))
		return false;
	if (text_is(name, "uapi_cpanel"))
		return uapi_allowed(a, rest);
	if ((f = function_find(NULL, name)) == NULL || f->write)
		return false;
	while (text_split(&rest, '&', &part))
		if (!param_read(part, &param, &value) || !param_allowed(f, param, decoded(a, value)))
			return false;
	return true;
}

static bool
batch_allowed(struct verb_call *c)
{
	struct text name, value;

	if (c->arg_count > COMMANDS_MAX + 1)
		return false;
	for (size_t i = 1; i < c->arg_count; i++)
		if (!param_read(text_of(c->args[i]), &name, &value) || !text_starts(name, "command-") ||
		    !command_allowed(c->arena, decoded(c->arena, value)))
			return false;
	return c->arg_count > 1;
}

static bool
params_allowed(struct verb_call *c, const struct function *f, size_t from)
{
	struct text name, value;

	for (size_t i = from; i < c->arg_count; i++)
		if (!param_read(text_of(c->args[i]), &name, &value) ||
		    !param_allowed(f, name, decoded(c->arena, value)))
			return false;
	return true;
}

/* --- calling ------------------------------------------------------------------------------------------------- */

static bool
run(struct verb_call *c, const char *const *first, size_t count, size_t from, unsigned limit_s, struct err *err)
{
	const char **argv = arena_array(c->arena, count + c->arg_count + 1, sizeof(*argv));
	size_t n = 0;

	while (n < count) {
		argv[n] = first[n];
		n++;
	}
	while (from < c->arg_count)
		argv[n++] = c->args[from++];
	argv[n] = NULL;
	return run_program_outside(c->arena, argv, limit_s, c->reply, err);
}

bool
verb_whmapi1(struct verb_call *c, struct err *err)
{
	const struct function *f = function_find(NULL, text_of(c->args[0]));
	bool batch = strcmp(c->args[0], "batch") == 0;

	if (batch ? !batch_allowed(c) : f == NULL || !params_allowed(c, f, 1))
		return err_set(err, ERR_VALUE, "this function, or this of it, is not for us");
	return run(c, (const char *const[]){ "whmapi1", "--output=json", c->args[0] }, 3, 1,
	    strcmp(c->args[0], "sethostname") == 0 ? HOSTNAME_S : HELPER_TIME_S, err);
}

bool
verb_uapi(struct verb_call *c, struct err *err)
{
	const struct function *f = function_find(c->args[1], text_of(c->args[2]));

	if (!is_login(text_of(c->args[0])) || f == NULL || !params_allowed(c, f, 3))
		return err_set(err, ERR_VALUE, "this function, or this of it, is not for us");
	return run(c, (const char *const[]){ "uapi", "--output=json", arena_printf(c->arena, "--user=%s", c->args[0]),
	    c->args[1], c->args[2] }, 5, 3, HELPER_TIME_S, err);
}
