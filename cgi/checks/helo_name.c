#include "checks/helo_name.h"

#include <string.h>

#include "base/arena.h"

/* "220 NAME ...": the first word of the greeting (RFC 5321 4.2).  One that is too busy may say anything. */
static const char *
banner_name(struct arena *a, const struct json *smtp)
{
	struct text greeting = text_of(json_str(smtp, "greeting")), word;

	if (json_int(smtp, "code", 220) != 220)
		return NULL;
	greeting = text_trim(greeting);
	if (text_starts(greeting, "220"))
		greeting = text_skip(greeting, 4);
	return text_split(&greeting, ' ', &word) && word.n > 0 ? text_cstr(a, word) : NULL;
}

/* false = on its way. */
static bool
from_panel(struct run *run, struct helo_names *ret)
{
	const struct json *server, *mail;
	const struct ev_failure *why, *why_mail;
	const char *mode;

	if (!ev_has_panel(run->ev))
		return true;
	server = ev_fact_any(run->ev, "server", NULL, &why);
	mail = ev_fact_any(run->ev, "mail_server", NULL, &why_mail);
	if ((server == NULL && why == NULL) || (mail == NULL && why_mail == NULL))
		return false;
	ret->panel = json_str(server, "hostname");
	ret->setting = json_str(mail, "helo");
	mode = json_str(mail, "outgoing_mode");
	ret->per_domain = mode != NULL && strcmp(mode, "domain-name") == 0;
	return true;
}

static bool
from_greeting(struct run *run, struct helo_names *ret, const struct reply **reply)
{
	struct request_smtp smtp = { .server = run->rules->smtp_connect, .own = true };

	*reply = NULL;
	if (!run->rules->smtp_probe)
		return true;
	if ((*reply = ev_smtp_any(run->ev, &smtp)) == NULL)
		return false;
	if ((*reply)->err.code == ERR_NONE) {
		ret->smtp = (*reply)->u.smtp;
		ret->banner = banner_name(run->arena, ret->smtp);
		ret->greeting = json_str(ret->smtp, "ehlo_name");
		if (ret->greeting == NULL)
			ret->greeting = ret->banner;
		if (ret->banner != NULL && (strchr(ret->banner, '.') == NULL ||
		    !name_is_host((struct name){ ret->banner })))
			ret->banner = NULL;
	}
	return true;
}

bool
helo_names(struct run *run, struct helo_names *ret)
{
	const struct reply *reply;
	bool told;

	memset(ret, 0, sizeof(*ret));
	told = from_panel(run, ret);
	told = from_greeting(run, ret, &reply) && told;
	if (!told)
		return false;
	if (ret->setting != NULL) {
		ret->name = ret->setting;
		ret->source = "setting";
	} else if (ret->greeting != NULL) {
		ret->name = ret->greeting;
		ret->source = "greeting";
	} else if (ret->panel != NULL) {
		ret->name = ret->panel;
		ret->source = "panel";
	} else {
		ev_fail(run->ev, "the server's name", reply != NULL ?
		    err_word(reply->err.code) : "unsupported",
		    reply != NULL ? reply->err.text : NULL);
		return false;
	}
	return true;
}
