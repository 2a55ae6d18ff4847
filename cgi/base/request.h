#ifndef BASE_REQUEST_H
#define BASE_REQUEST_H

/*
 * What we ask of the outside world, as values.  Pure code (panel adapters,
 * evidence) makes requests and reads replies; only net/ carries them.
 *
 * A request never holds a secret: it names its credential and net adds it.
 */

#include "base/dns.h"
#include "base/json.h"

enum request_kind {
	REQUEST_DNS,
	REQUEST_HTTP,
	REQUEST_SMTP,		/* greet a mail server and say good-bye; never MAIL FROM */
	REQUEST_VERB,		/* a fixed verb of the privileged helper */
	REQUEST_SCAN,		/* a message to the spam filter of this server; a word to its virus scanner */
};

struct request_dns {
	struct name		 name;
	enum rrtype		 type;
	/* Servers to ask, in order; none = the configured resolvers (RD set).
	 * Named servers are asked without RD and must answer with AA. */
	const struct endpoint	*servers;
	size_t			 count;
};

enum http_door {
	HTTP_PANEL,		/* the configured panel: path is below its url */
	HTTP_PUBLIC,		/* https, public addresses only, no redirects (MTA-STS) */
};

struct http_header { const char *name, *value; };

/* A secret that net makes for this one request and forgets. */
#define REQUEST_SECRET_RANDOM	"*random*"

struct request_http {
	enum http_door		 door;
	const char		*method;	/* "GET", ... */
	const char		*path;		/* PANEL: "/api/v2/..."; PUBLIC: whole URL */
	const struct http_header *headers;
	size_t			 header_count;
	/* PANEL: header that carries the credential: "X-API-Key", "KEY", or
	 * "Authorization" with `credential_prefix` before the secret. */
	const char		*credential_header;
	const char		*credential_prefix;	/* NULL = none */
	const char		*content_type;	/* NULL = no body */
	struct text		 body;
	/* Secret values to put into the body: every occurrence of the marker
	 * text is replaced by net, escaped for the content type. */
	const char		*secret_marker;	/* NULL = none */
	const char		*secret_ref;	/* id of the secret handed to net, or REQUEST_SECRET_RANDOM */
	uint32_t		 timeout_ms;	/* 0 = default 30 s */
	size_t			 max_bytes;	/* 0 = default 16 MiB */
	bool			 write;		/* never retried */
};

struct request_smtp {
	struct endpoint		 server;
	struct ip		 bind;		/* family 0 = kernel chooses */
	const char		*ehlo;		/* our name; NULL = address literal */
	bool			 starttls;	/* also try TLS and report the certificate */
	const char		*tls_name;	/* SNI and name to verify; NULL = none */
	uint32_t		 timeout_ms;	/* 0 = default 10 s */
	/* The server stands in the configuration or is our own, so it may have a
	 * private address; MX hosts of checked domains may not. */
	bool			 own;
};

struct request_verb {
	const char		*verb;		/* "queue-list", "postconf-get", ... */
	const char *const	*args;
	size_t			 arg_count;
	struct text		 input;
	uint32_t		 timeout_ms;	/* 0 = default 60 s */
	bool			 write;
	const char		*secret_ref;	/* given on the helper's standard input */
};

enum scan_service { SCAN_SPAMD, SCAN_RSPAMD, SCAN_CLAMD };

/* Where the filter is stands in the configuration; nobody else is ever sent a message. */
struct request_scan {
	enum scan_service	 service;
	/* spamd: "REPORT", "SYMBOLS"; clamd: "VERSION", "PING", "STATS"; else NULL */
	const char		*command;
	struct text		 message;	/* at most SCAN_MESSAGE_MAX; clamd: none */
};

#define SCAN_MESSAGE_MAX	(512 * 1024)	/* filters read no more, by default */

struct request {
	enum request_kind	 kind;
	union {
		struct request_dns	 dns;
		struct request_http	 http;
		struct request_smtp	 smtp;
		struct request_verb	 verb;
		struct request_scan	 scan;
	} u;
	uint32_t		 after_ms;	/* carried so much later; a look at what takes its time */
};

/*
 * A reply.  err.code ERR_NONE: the other side answered (an HTTP 500 is an
 * answer, and so is an exit status of 1).  Otherwise nothing usable came:
 * ERR_TIMEOUT, ERR_UNREACHABLE, ERR_PROTOCOL, ERR_LIMIT, ERR_DENIED (an address
 * that may not be asked), ERR_UNSUPPORTED (no helper, no panel).
 * `maybe_done`: a write was sent and then the answer was lost: read and see.
 */
struct reply {
	struct err		 err;
	bool			 maybe_done;
	int64_t			 at;			/* Unix seconds */
	uint32_t		 took_ms;
	union {
		const struct dns_answer	*dns;		/* never NULL, FAILED says why */
		struct {
			int		 status;
			const char	*content_type;	/* "" = none */
			struct text	 body;
		} http;
		/* {"greeting","ehlo_name","code","extensions":[..],"address",
		 *  "tls":null|{"ok","reason","names":[..],"not_after","issuer"}};
		 * greeting and extensions as received, shown by text_show;
		 * ehlo_name null when EHLO failed ("ehlo_code", "failed": an
		 * err_word); tls null when not wanted or not offered; reasons:
		 * net/cert.h, and handshake, timeout; not_after as time_str */
		const struct json	*smtp;
		struct {
			int		 status;
			struct text	 out, err;
		} verb;
		struct text		 scan;	/* as it answered: mail/filter.h, mail/clamd.h */
	} u;
};

/*
 * The canonical text of a request: equal texts are the same question, so it is
 * the key by which requests are shared, recorded and replayed.
 *
 *	dns TXT cust.example			("." is the root)
 *	dns @203.0.113.53:53 TXT cust.example	(servers in order, parted by commas)
 *	http panel GET /api/v2/server
 *	http panel POST /api/v2/x header=A:b type=application/json body={"a":1} secret=REF
 *	smtp 203.0.113.25:25 bind=203.0.113.10 ehlo=mail.example starttls tls=mx.example
 *	verb postconf-get myhostname input=... secret=REF
 *	scan spamd REPORT message-sha256=HEX
 *	scan clamd VERSION
 *
 * Blanks, control and high bytes and the backslash are \xHH inside a word; a
 * body of over 1 KiB stands as body-sha256=HEX.
 */
const char	*request_key(struct arena *, const struct request *);

/*
 * Replies as JSON, for recordings and test cases; both ways lose nothing.
 *
 *	{"at":UNIX,"took_ms":12,				may be missing: 0
 *	 "error":{"code":err_word(),"text":"..."},"maybe_done":true,	only when so
 *	 "dns":{ANSWER} | "http":{"status":200,"content_type":"","body":TEXT} |
 *	 "smtp":{...} | "verb":{"status":0,"out":TEXT,"err":TEXT} | "scan":{"out":TEXT}}
 *
 * TEXT is a string, or {"b64":"..."} when the bytes are no UTF-8 or hold NUL.
 * For test cases a body or out may be any other object or array: then it is
 * that JSON, printed in one line.
 *
 * ANSWER is {"name","type","outcome":"found|nodata|nxdomain|failed",
 * "failure":dns_failure_word() (failed only),"rcode","aa","ad","cname","ttl",
 * "server":"IP:PORT","at","records":[RECORD]}.  Only name and type are needed:
 * a missing outcome is failed with a failure, else found with records, else
 * nodata.  RECORD holds "ttl" (missing: the answer's) and
 *
 *	A AAAA		"ip"
 *	NS CNAME PTR	"name"
 *	MX		"preference","exchange" ("." = null MX)
 *	SOA		"mname","rname","serial","minimum"
 *	TXT SPF		"strings":[TEXT,...], or "text":TEXT for one string
 *	others		"raw":"HEX"
 */
void		 reply_to_json(struct json *into, const struct request *, const struct reply *);
bool		 reply_from_json(struct arena *, const struct json *, const struct request *,
		    struct reply *ret, struct err *);
void		 dns_answer_to_json(struct json *into, const struct dns_answer *);
bool		 dns_answer_from_json(struct arena *, const struct json *,
		    struct dns_answer *ret, struct err *);

#endif
