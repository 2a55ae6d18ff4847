#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

/*
 * What a browser sent, as values.  Pure: bytes in, structs out; limits stand
 * here, so that everything behind may be simple.
 */

#include "base/json.h"
#include "web/fcgi.h"

#define FIELDS_MAX		20000	/* a bulk selection is one field per domain */
#define FIELD_NAME_MAX		64
#define FORM_BYTES_MAX		(1024 * 1024)	/* urlencoded and JSON; multipart has FCGI_BODY_MAX */
#define QUERY_BYTES_MAX		8192
#define PICKED_BYTES_MAX	4000	/* of a selection in an address: web servers take 8 KiB with every header */
#define PATH_BYTES_MAX		2048

struct field {
	const char	*name;
	struct text	 value;		/* may hold anything; at value.p[value.n] is a NUL */
	bool		 is_file;
};

struct fields {
	const struct field	*v;
	size_t			 count;
};

/* Repeated keys, %XX and '+'; false = too many, or a broken %XX. */
bool	fields_urlencoded(struct arena *, struct text, struct fields *ret);
/* RFC 7578; `content_type` holds the boundary. */
bool	fields_multipart(struct arena *, struct text body, struct text content_type, struct fields *ret);
/* An object of strings, numbers, booleans and lists of these. */
bool	fields_json(struct arena *, struct text, struct fields *ret);

/* The first of that name, without NUL bytes; NULL = not there. */
const char	*field_get(const struct fields *, const char *name);
bool		 field_text(const struct fields *, const char *name, struct text *ret);
/* A file that was chosen, else the field of that name that is not blank. */
bool		 field_upload(const struct fields *, const char *file, const char *name, struct text *ret);
int64_t		 field_int(const struct fields *, const char *name, int64_t min, int64_t max, int64_t dflt);
/* Every value of that name. */
size_t		 field_all(struct arena *, const struct fields *, const char *name,
		    const char *const **ret);

enum web_method { WEB_GET, WEB_POST, WEB_HEAD, WEB_OTHER };

struct web_request {
	const struct peer	*peer;
	enum web_method		 method;
	const char		*mount;		/* before every link: "" or "/dir" */
	const char		*path;		/* "/domains/cust.example" */
	struct fields		 query, form;
	const char		*query_text;	/* as sent */
	bool			 wants_json;
	bool			 wants_csv;
	bool			 framed;	/* ASG_FRAME=panel */
	const char		*identity;	/* ASG_IDENTITY, or NULL */
	const char		*session;	/* ASG_SESSION, or NULL */
	const char		*remote_user;	/* REMOTE_USER: whom the web server has let in, or NULL */
	const char		*language;	/* Accept-Language, or NULL */
	const char		*csrf;		/* field or header, or NULL */
	const char		*origin, *host;	/* of the browser, or NULL */
	const char		*if_none_match;
	const char		*from;		/* the browser's address */
};

/* 0, or the status to answer with: 400, 413, 414, 415. */
int	web_request_read(struct arena *, const struct fcgi_request *, struct web_request *ret);

/* Percent-encode what may not stand in a path segment or a query value. */
const char	*url_encode(struct arena *, struct text);

#endif
