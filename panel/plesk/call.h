#ifndef PANEL_PLESK_CALL_H
#define PANEL_PLESK_CALL_H

/*
 * The three ways to Plesk, as requests and replies: the REST API v2, its gate
 * to the command-line utilities, and the XML API.  Pure.
 *
 * A reply is read in two steps that are never merged: did the panel answer
 * (err otherwise), and what did it say.  Codes: ERR_DENIED the key or the
 * permission is refused (HTTP 401 and 403 alike, XML 1001, 1006, 11003, ...);
 * ERR_LICENCE the same for want of a licence (XML 1030); ERR_UNREACHABLE not
 * ready (502, 503, 504); ERR_NOT_FOUND no such object, call or utility;
 * ERR_VALUE refused by the panel for what was asked; ERR_UNSUPPORTED it does
 * not know the call or lacks the component; ERR_PROTOCOL an answer that is none.
 */

#include "base/request.h"
#include "evidence/evidence.h"
#include "panel/plesk/xml.h"

/* --- requests --------------------------------------------------------------------------------- */

#define PLESK_REST	"/api/v2"
#define PLESK_WP	"/api/modules/wp-toolkit"

struct request	 plesk_rest_get(const char *path);		/* whole path, from the arena of the caller */
struct request	 plesk_rest_write(struct arena *, const char *method, const char *path,
		    const struct json *body);		/* body NULL = none */

/* POST /cli/UTILITY/call; `params` ends with NULL and is an argument vector: no quoting. */
struct request	 cli_run(struct arena *, const char *utility, const char *const *params);
struct request	 cli_change(struct arena *, const char *utility, const char *const *params);
/* The same with a secret in the utility's environment (PSA_PASSWORD): net puts it in. */
struct request	 cli_change_secret(struct arena *, const char *utility, const char *const *params,
		    const char *secret_ref);

/* A packet is begun, filled by the xml_add functions and sent. */
struct str	 packet_begin(struct arena *);
struct request	 packet_read(struct str *);
struct request	 packet_write(struct str *);

/* --- replies ---------------------------------------------------------------------------------- */

bool		 plesk_rest_reply(struct arena *, const struct reply *, const struct json **ret, struct err *);

struct cli_result {
	int64_t		 code;		/* exit status; 0 = success, whatever stdout says */
	struct text	 out, err;
};
bool		 cli_reply(struct arena *, const struct reply *, struct cli_result *ret, struct err *);
/* It answered and the utility succeeded. */
bool		 cli_done(struct arena *, const struct reply *, struct err *);
/* What a utility complained of, in one line. */
const char	*cli_complaint(struct arena *, const struct cli_result *);

bool		 packet_reply(struct arena *, const struct reply *, const struct xml **packet, struct err *);
/* One <result>: ok, or what it complains of. */
bool		 plesk_result_ok(struct arena *, const struct xml *result, struct err *);
/* A packet of one operation with one result that has to be ok. */
bool		 packet_done(struct arena *, const struct reply *, const char *path, struct err *);

/* --- from facts ------------------------------------------------------------------------------- */

enum got {
	GOT_WAIT,		/* on its way */
	GOT_NOT,		/* could not be had: err says why */
	GOT_IT,
};

enum got	 plesk_ask_rest(struct evidence *, struct arena *, const char *path, const struct json **,
		    struct err *);
enum got	 plesk_ask_cli(struct evidence *, struct arena *, const char *utility,
		    const char *const *params, struct cli_result *, struct err *);
enum got	 plesk_ask_packet(struct evidence *, struct arena *, struct str *packet, const struct xml **,
		    struct err *);
/* Required: false = cannot go on (pending, or ev_fail was called). */
bool		 plesk_need(struct evidence *, const char *what, enum got, const struct err *);

#endif
