/*
 * ClamAV on the machine: its daemon is asked itself, and where it does not
 * answer the helper looks whether it is installed at all.  What was scanned, and
 * what was found, is none of this: engine/scans.h.
 */

#include "base/arena.h"
#include "evidence/evidence.h"
#include "mail/clamd.h"
#include "panel/host.h"

static const struct reply *
ask_clamd(struct evidence *ev)
{
	struct request r = { .kind = REQUEST_SCAN };

	r.u.scan.service = SCAN_CLAMD;
	r.u.scan.command = "VERSION";
	return ev_call(ev, &r);
}

static struct json *
fact(struct arena *a, const char *product, const char *version, const char *active)
{
	struct json *ret = json_new_object(a);

	json_put_str(ret, "product", product);
	json_put_str(ret, "version", version);
	if (active == NULL)
		json_put_null(ret, "active");
	else
		json_put_bool(ret, "active", active[0] == 'y');
	json_put_null(ret, "signatures");
	json_put_null(ret, "signatures_at");
	json_put_null(ret, "infected");
	return ret;
}

static const struct json *
answered(struct evidence *ev, struct arena *a, struct text line)
{
	struct text version;
	int64_t at, number;
	struct json *ret;

	while (line.n > 0 && (line.p[line.n - 1] == '\0' || line.p[line.n - 1] == '\n'))
		line.n--;
	if (!clamd_version(line, &version, &number, &at)) {
		ev_fail(ev, "virus scanner", err_word(ERR_PROTOCOL),
		    arena_printf(a, "clamd: %s", text_show(a, text_head(line, 100))));
		return NULL;
	}
	ret = fact(a, "clamav", text_show(a, version), "yes");
	if (number >= 0)
		json_put_int(ret, "signatures", number);
	if (at >= 0)
		json_put_int(ret, "signatures_at", at);
	return ret;
}

const struct json *
host_antivirus(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct reply *reply = NULL;
	const char *settings;

	(void)arg;
	/* A daemon in the usual place of another machine says nothing of the panel's. */
	if (params == NULL || (!params->local && !params->clamd)) {
		ev_fail(ev, "virus scanner", err_word(ERR_UNSUPPORTED),
		    "whether ClamAV runs only the machine itself tells");
		return NULL;
	}
	if ((reply = ask_clamd(ev)) == NULL)
		return NULL;
	if (reply->err.code == ERR_NONE)
		return answered(ev, a, reply->u.scan);
	/* Configured, and nobody listens there: it does not run. */
	if (params->clamd && reply->err.code == ERR_UNREACHABLE)
		return fact(a, "clamav", NULL, "no");
	if (params->clamd || reply->err.code != ERR_UNSUPPORTED) {
		ev_fail(ev, "virus scanner", err_word(reply->err.code), reply->err.text);
		return NULL;
	}
	if (!host_clamav(ev, a, &settings))
		return NULL;
	return fact(a, settings != NULL ? "clamav" : NULL, NULL, settings != NULL ? "no" : NULL);
}
