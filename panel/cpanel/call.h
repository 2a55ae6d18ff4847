#ifndef PANEL_CPANEL_CALL_H
#define PANEL_CPANEL_CALL_H

/*
 * The two APIs of cPanel & WHM as requests and replies: WHM API 1 (the server)
 * and UAPI (one account), which WHM carries as well (uapi_cpanel).  Pure.
 *
 * By HTTPS every call is a POST: the request line of a GET stands in the panel's
 * access_log with all it says.  Without an address (panel_params.by_command) the
 * same calls are made by the panel's commands, whmapi1 and uapi, through the
 * privileged helper.  Both ways decode values once: '+' is a blank and %XX a
 * byte, so one form of writing them serves both, and lists are numbered (command-0,
 * command-1), since the commands keep one value of a name.
 *
 * A reply is read in two steps that are never merged: did the panel answer (err
 * otherwise), and what did it say.  Codes: ERR_DENIED the login or the right is
 * refused (HTTP 401 and 403, a page instead of JSON); ERR_UNREACHABLE not ready
 * (503); ERR_UNSUPPORTED this server has no such function; ERR_NOT_FOUND no such
 * account; ERR_VALUE refused for what was asked; ERR_PROTOCOL an answer that is
 * none.  The panel's texts are in its user's language: but for the two that say
 * what is missing they are shown, never read.
 *
 * cPHulk locks out who fails to log in, so nobody asks anything before the fact
 * `login` (one call that needs no right) has been answered.
 */

#include "base/request.h"
#include "evidence/evidence.h"
#include "panel/panel.h"

/* One parameter; a list of them ends with name NULL. */
struct arg { const char *name, *value; };
#define ARGS(...)	((const struct arg[]){ __VA_ARGS__ { NULL, NULL } })

/* --- requests --------------------------------------------------------------------------------- */

struct request	 whm_read(struct arena *, const struct panel_params *, const char *function,
		    const struct arg *args);
struct request	 whm_write(struct arena *, const struct panel_params *, const char *function,
		    const struct arg *args);
struct request	 uapi_read(struct arena *, const struct panel_params *, const char *user, const char *module,
		    const char *function, const struct arg *args);
struct request	 uapi_write(struct arena *, const struct panel_params *, const char *user, const char *module,
		    const char *function, const struct arg *args);
/* The value SECRET_HERE stands for the secret: net puts it in.  By HTTPS only: whoever may list the
 * processes of a machine reads its command lines.  false = by command (ERR_UNSUPPORTED). */
#define SECRET_HERE	"@@ANTISPAM-GUIDE-SECRET@@"
bool		 uapi_write_secret(struct arena *, const struct panel_params *, const char *user,
		    const char *module, const char *function, const struct arg *args, const char *secret_ref,
		    struct request *ret, struct err *);

/* Commands of W:batch, at most BATCH_MAX in one. */
#define BATCH_MAX	20
const char	*whm_command(struct arena *, const char *function, const struct arg *args);
const char	*uapi_command(struct arena *, const char *user, const char *module, const char *function,
		    const struct arg *args);
struct request	 whm_batch(struct arena *, const struct panel_params *, const char *const *commands,
		    size_t count);

/* --- replies ---------------------------------------------------------------------------------- */

/* *ret = data of WHM API 1, an empty object where it has none. */
bool		 whm_reply(struct arena *, const struct request *, const struct reply *,
		    const struct json **ret, struct err *);
/* *ret = data of UAPI, in whichever envelope it came. */
bool		 uapi_reply(struct arena *, const struct request *, const struct reply *,
		    const struct json **ret, struct err *);
/* One {data,metadata}, of a batch too; the same with a UAPI answer in it. */
bool		 whm_result(struct arena *, const struct json *envelope, const struct json **ret, struct err *);
bool		 whm_uapi_result(struct arena *, const struct json *envelope, const struct json **ret,
		    struct err *);
/* A UAPI envelope, short or long. */
bool		 uapi_result(struct arena *, const struct json *envelope, const struct json **ret, struct err *);
/* The answers of a batch in order: an array of `count` envelopes.  Its own result is 0 when one of
 * them failed, so each is read by itself. */
bool		 batch_reply(struct arena *, const struct request *, const struct reply *, size_t count,
		    const struct json **ret, struct err *);

/* The list of a function's answer: its own name for it, `payload` or the answer itself; NULL = none. */
const struct json *cp_list(const struct json *data, const char *name);
/* EmailAuth answers item by item, with status 1 for the whole: the item of this domain has to be 1. */
bool		 cp_item_done(struct arena *, const struct json *list, const char *domain, struct err *);

/* Numbers come as numbers or as texts, and yes and no as either of both. */
bool		 cp_number(const struct json *, const char *key, int64_t *ret);
int		 cp_flag(const struct json *, const char *key);	/* -1 = not said */

/* --- from facts ------------------------------------------------------------------------------- */

enum got {
	GOT_WAIT,		/* on its way */
	GOT_NOT,		/* could not be had: err says why */
	GOT_IT,
};

enum got	 ask_whm(struct evidence *, struct arena *, const struct panel_params *, const char *function,
		    const struct arg *args, const struct json **ret, struct err *);
enum got	 ask_uapi(struct evidence *, struct arena *, const struct panel_params *, const char *user,
		    const char *module, const char *function, const struct arg *args,
		    const struct json **ret, struct err *);
enum got	 ask_batch(struct evidence *, struct arena *, const struct panel_params *,
		    const char *const *commands, size_t count, const struct json **ret, struct err *);
/* Required: false = cannot go on (pending, or ev_fail was called).  A read that is refused is a right
 * that is missing. */
bool		 cpanel_need(struct evidence *, const char *what, enum got, const struct err *);

#endif
