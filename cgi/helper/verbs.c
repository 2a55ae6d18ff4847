/* The list of what can be asked, and one request answered. */

#include <string.h>

#include "helper/helper.h"

#define NAMES_MAX	64
#define SHOW_MAX	500
#define PARAMS_MAX	600

static const struct helper_verb verbs[] = {
	{ "postconf-get",	1, NAMES_MAX,	false,	verb_postconf_get },
	{ "postconf-explicit",	1, NAMES_MAX,	false,	verb_postconf_explicit },
	{ "postconf-set",	1, 8,		false,	verb_postconf_set },
	{ "postconf-unset",	1, 8,		false,	verb_postconf_unset },
	{ "postfix-reload",	0, 0,		false,	verb_postfix_reload },
	{ "postfix-restart",	0, 0,		false,	verb_postfix_restart },
	{ "postmap-list",	1, 1,		false,	verb_postmap_list },
	{ "postmap-query",	1, 1,		true,	verb_postmap_query },
	{ "queue-list",		0, 0,		false,	verb_queue_list },
	{ "queue-show",		1, SHOW_MAX,	false,	verb_queue_show },
	{ "queue-hold",		0, 0,		true,	verb_queue_hold },
	{ "queue-release",	0, 0,		true,	verb_queue_release },
	{ "queue-delete",	0, 0,		true,	verb_queue_delete },
	{ "dkim-key",		1, 2,		false,	verb_dkim_key },
	{ "services",		0, 0,		false,	verb_services },
	{ "mail-log-read",	0, 2,		false,	verb_mail_log_read },
	{ "script-log-read",	0, 2,		false,	verb_script_log_read },
	{ "php-mail-log-get",	0, 0,		false,	verb_php_get },
	{ "php-mail-log-enable", 0, 0,		false,	verb_php_enable },
	{ "php-mail-log-disable", 0, 0,		false,	verb_php_disable },
	{ "os-release",		0, 0,		false,	verb_os_release },
	{ "addresses",		0, 0,		false,	verb_addresses },
	{ "users",		1, NAMES_MAX,	false,	verb_users },
	{ "wordpress-read",	1, 1,		true,	verb_wordpress_read },
	{ "script-mode",	2, 3,		false,	verb_script_mode },
	{ "exim-list",		0, 0,		false,	verb_exim_list },
	{ "exim-show",		1, SHOW_MAX,	false,	verb_exim_show },
	{ "exim-log",		1, SHOW_MAX,	false,	verb_exim_log },
	{ "exim-freeze",	0, 0,		true,	verb_exim_freeze },
	{ "exim-thaw",		0, 0,		true,	verb_exim_thaw },
	{ "exim-remove",	0, 0,		true,	verb_exim_remove },
	{ "whmapi1",		1, PARAMS_MAX,	false,	verb_whmapi1 },
	{ "uapi",		3, PARAMS_MAX,	false,	verb_uapi },
	{ "wp-toolkit",		1, SHOW_MAX,		false,	verb_wp_toolkit },
	{ "clamd-scan",		1, 2,		false,	verb_clamd_scan },
};

static const struct helper_verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* Whatever the verb's own grammar, an argument is never an option, and one line. */
static bool
args_fit(const struct helper_verb *verb, const struct request_verb *r, struct err *err)
{
	if (r->arg_count < verb->args_min || r->arg_count > verb->args_max)
		return err_set(err, ERR_VALUE, "%s takes %zu to %zu arguments", verb->name, verb->args_min,
		    verb->args_max);
	if (r->input.n > 0 && !verb->input)
		return err_set(err, ERR_VALUE, "%s takes no input", verb->name);
	for (size_t i = 0; i < r->arg_count; i++) {
		if (r->args[i][0] == '-' || r->args[i][0] == '\0')
			return err_set(err, ERR_VALUE, "an argument that is empty or an option");
		for (const char *p = r->args[i]; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return err_set(err, ERR_VALUE, "a control character in an argument");
	}
	return true;
}

static bool
answer(const struct helper *h, struct arena *a, struct text line, struct verb_reply *ret,
    struct err *err)
{
	const struct helper_verb *verb;
	struct request_verb request;
	struct verb_call call;

	if (!verb_request_read(a, line, &request, err))
		return false;
	if ((verb = verb_find(request.verb)) == NULL)
		return err_set(err, ERR_UNSUPPORTED, "no such verb");
	if (!args_fit(verb, &request, err))
		return false;
	call = (struct verb_call){ .helper = h, .arena = a, .args = request.args,
	    .arg_count = request.arg_count, .input = request.input, .reply = ret };
	return verb->run(&call, err);
}

void
helper_answer(const struct helper *h, struct arena *a, struct text line, struct verb_reply *ret)
{
	struct err err = { ERR_NONE, "" };

	memset(ret, 0, sizeof(*ret));
	ret->out = ret->err = (struct text){ "", 0 };
	if (!answer(h, a, line, ret, &err))
		ret->error = err;
}
