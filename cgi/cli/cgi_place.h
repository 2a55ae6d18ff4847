#ifndef CLI_CGI_PLACE_H
#define CLI_CGI_PLACE_H

/*
 * Where a request of a CGI program goes: what stands before our pages, and
 * which of them is meant.  Pure.
 *
 * cpsrvd puts the session's token ("/cpsess0123456789") before every path and
 * gives it apart as well; whether SCRIPT_NAME holds it is not documented, so
 * it is put there when it is missing.  Whether cpsrvd takes a path behind the
 * program's name is not documented either.  So there are two ways to name a
 * page:
 *
 *	asg.live.cgi/domains/cust.example?x=1			any web server
 *	asg.live.cgi?route=%2Fdomains%2Fcust.example&x=1	the panel page's script
 *
 * Who asks in the second way has drawn the panel's frame already and is
 * answered in that way: a fragment, and Location with a route.
 */

#include <stdbool.h>

#include "base/text.h"

struct cgi_env {			/* as the web server says it; NULL = not said */
	const char	*script_name, *path_info, *request_uri, *query, *token;
};

struct cgi_place {
	const char	*mount;		/* SCRIPT_NAME, the token in it */
	const char	*path;		/* PATH_INFO, decoded; NULL = see uri */
	const char	*uri;		/* REQUEST_URI: mount and what follows, not decoded */
	const char	*query;		/* without the route */
	bool		 routed;
};

/* false: the route is malformed. */
bool		 cgi_place(struct arena *, const struct cgi_env *, struct cgi_place *ret);

/* An answer's head (lines with CRLF, without the empty one): a Location below the mount gets a route. */
struct text	 cgi_head(struct arena *, const struct cgi_place *, struct text head);

/* "/cpsess" and digits: the only form in which a token is put into links. */
bool		 cgi_token_ok(const char *);

#endif
