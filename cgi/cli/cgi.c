/*
 * One request as a CGI program (cPanel, WHM): handed to the running backend,
 * its answer copied to standard output.
 *
 * As an account it speaks to the socket `user`, where the kernel says who it
 * is; nothing that stands in the environment can change that.  With --admin,
 * run as root by the WHM shim after its own check, login and role come from
 * ASG_LOGIN and ASG_ROLE and are signed.
 *
 * Reads only cgi.yaml, which holds no secret: {user, admin, identity_key_file}.
 * Without it the usual places hold: inside a jail of an account's own, the file
 * may not be there.
 *
 * Which page is meant, and how links come out, is cgi_place.h's.
 */

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/yaml.h"
#include "cli/cgi_place.h"
#include "cli/families.h"
#include "cli/live_api.h"
#include "engine/identity.h"

#define CGI_FILE	"/etc/antispam-guide/cgi.yaml"
#define BODY_MAX	((size_t)10 * 1024 * 1024)
#define VALUE_MAX	16384
#define PARAMS_BYTES	(60 * 1024)
#define CONNECT_MS	2000
#define ANSWER_MS	30000
#define IDENTITY_S	60
#define HEAD_BYTES	32768	/* of an answer's headers */
#define GOODBYE_MS	3000

enum { BEGIN_REQUEST = 1, PARAMS = 4, STDIN_STREAM = 5, STDOUT_STREAM = 6, END_REQUEST = 3 };

struct cgi_paths {
	const char	*user, *admin, *identity_key_file;
};

/* What a browser and the web server may say, besides the place; cookies stay outside. */
static const char *const forwarded[] = {
	"REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR", "HTTP_ACCEPT",
	"HTTP_ACCEPT_LANGUAGE", "HTTP_X_CSRF_TOKEN", "HTTP_ORIGIN", "HTTP_HOST", "HTTP_IF_NONE_MATCH",
};

/* --- configuration ------------------------------------------------------------------------------ */

static bool
read_paths(struct arena *a, const char *path, struct cgi_paths *ret, struct err *err)
{
	static const char *const known[] = { "user", "admin", "identity_key_file", NULL };
	const struct yaml *y = NULL;

	if (path != NULL || access(CGI_FILE, F_OK) == 0) {
		y = yaml_load(a, path != NULL ? path : CGI_FILE, err);
		if (y == NULL || !yaml_known_keys(y, known, err))
			return false;
	}
	*ret = (struct cgi_paths){
		.user = yaml_str(y, "user", "/run/antispam-guide-user/user.sock"),
		.admin = yaml_str(y, "admin", "/run/antispam-guide/admin.sock"),
		.identity_key_file = yaml_str(y, "identity_key_file", "/etc/antispam-guide/identity.key"),
	};
	return true;
}

/* --- the request -------------------------------------------------------------------------------- */

static void
add_record(struct str *out, int kind, struct text content)
{
	const char head[8] = { 1, (char)kind, 0, 1, (char)(content.n >> 8), (char)content.n, 0, 0 };

	str_addt(out, (struct text){ head, sizeof(head) });
	str_addt(out, content);
}

static void
add_stream(struct str *out, int kind, struct text content)
{
	for (size_t at = 0; at < content.n; at += 32768)
		add_record(out, kind, text_head(text_skip(content, at), 32768));
	add_record(out, kind, TEXT(""));
}

static void
add_length(struct str *out, size_t n)
{
	if (n < 128) {
		str_addc(out, (char)n);
		return;
	}
	str_addc(out, (char)(0x80 | (n >> 24 & 0x7f)));
	str_addc(out, (char)(n >> 16));
	str_addc(out, (char)(n >> 8));
	str_addc(out, (char)n);
}

static void
add_param(struct str *out, const char *name, const char *value)
{
	if (value == NULL || strlen(value) > VALUE_MAX)
		return;
	add_length(out, strlen(name));
	add_length(out, strlen(value));
	str_add(out, name);
	str_add(out, value);
}

/* The panel's own session, without being it: its token is a secret of the panel. */
static const char *
session_of(struct arena *a)
{
	const char *token = getenv("cp_security_token"), *given = getenv("ASG_SESSION");
	uint8_t sum[32];

	if (token == NULL || token[0] == '\0')
		return given != NULL && given[0] != '\0' ? given : "none";
	sha256(text_of(token), sum);
	return hex_encode(a, (struct text){ (const char *)sum, sizeof(sum) });
}

/* "es-ES,es;q=0.9" -> "es" */
static const char *
language_of(struct arena *a)
{
	const char *accept = getenv("HTTP_ACCEPT_LANGUAGE");

	return accept != NULL && ascii_isalpha((unsigned char)accept[0]) && ascii_isalpha((unsigned char)accept[1]) ?
	    arena_strndup(a, accept, 2) : "en";
}

static bool
sign_admin(struct cli *cli, const struct cgi_paths *paths, struct str *params, struct err *err)
{
	struct identity who = { .login = getenv("ASG_LOGIN"), .session = session_of(cli->arena),
	    .lang = language_of(cli->arena) };
	struct text key;

	if (geteuid() != 0)
		return err_set(err, ERR_DENIED, "cgi --admin is for the panel's own shim, which runs as root");
	if (who.login == NULL || who.login[0] == '\0' || !role_of_name(getenv("ASG_ROLE"), &who.role))
		return err_set(err, ERR_VALUE, "cgi --admin needs ASG_LOGIN and ASG_ROLE");
	if (!file_read_secret(cli->arena, paths->identity_key_file, true, 4096, &key, err))
		return false;
	if (key.n < IDENTITY_KEY_MIN)
		return err_set(err, ERR_VALUE, "%s: too short", paths->identity_key_file);
	add_param(params, "ASG_IDENTITY", identity_sign(cli->arena, key, &who, cli->now + IDENTITY_S));
	return true;
}

/* CONTENT_LENGTH bytes, never more; false = 413. */
static bool
read_body(struct arena *a, struct text *ret)
{
	const char *length = getenv("CONTENT_LENGTH");
	uint64_t want = 0;
	char *body;
	size_t n = 0;

	if (length != NULL && length[0] != '\0' && !text_uint(text_of(length), BODY_MAX, &want))
		return false;
	body = arena_alloc(a, (size_t)want + 1);
	while (n < want) {
		ssize_t got = read(STDIN_FILENO, body + n, (size_t)want - n);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	*ret = (struct text){ body, n };
	return true;
}

/* --- the backend -------------------------------------------------------------------------------- */

static int
connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = CONNECT_MS / 1000 };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -1;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	/* For a unix socket this bounds connect as well (a full backlog). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
send_all(int fd, struct text t)
{
	while (t.n > 0) {
		ssize_t n = send(fd, t.p, t.n, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		t = text_skip(t, (size_t)n);
	}
	return true;
}

/* Exactly n bytes before the deadline. */
static bool
receive(int fd, unsigned char *buf, size_t n, const struct timespec *deadline)
{
	while (n > 0) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		struct timespec now;
		int64_t left;
		ssize_t got;

		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (deadline->tv_sec - now.tv_sec) * 1000 + (deadline->tv_nsec - now.tv_nsec) / 1000000;
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		got = recv(fd, buf, n, 0);
		if (got <= 0)
			return false;
		buf += got;
		n -= (size_t)got;
	}
	return true;
}

/* The answer on its way out: its head is held back until it is whole, because of Location. */
struct answer {
	struct arena			*arena;
	const struct cgi_place		*place;
	struct str			 head;
	bool				 begun;		/* the web server has seen something of it */
};

static bool
put(struct answer *out, struct text t)
{
	out->begun = out->begun || t.n > 0;
	return fwrite(t.p, 1, t.n, stdout) == t.n;
}

static bool
answer_put(struct answer *out, struct text t)
{
	struct text all;
	size_t at;

	if (out->begun || !out->place->routed)
		return put(out, t);
	str_addt(&out->head, t);
	all = str_text(&out->head);
	if (!str_ok(&out->head))
		return false;
	if (!text_find(all, TEXT("\r\n\r\n"), &at))
		return true;
	return put(out, cgi_head(out->arena, out->place, text_head(all, at))) && put(out, text_skip(all, at));
}

static bool
answer_end(struct answer *out)
{
	return (out->begun || put(out, str_text(&out->head))) && fflush(stdout) == 0;
}

static bool
copy_answer(int fd, struct answer *out)
{
	static unsigned char content[65535 + 255];
	unsigned char head[8];
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += ANSWER_MS / 1000;
	for (;;) {
		size_t n;

		if (!receive(fd, head, sizeof(head), &deadline))
			return false;
		n = (size_t)head[4] << 8 | head[5];
		if (head[0] != 1 || !receive(fd, content, n + head[6], &deadline))
			return false;
		if (head[1] == END_REQUEST)
			return answer_end(out);
		if (head[1] == STDOUT_STREAM && n > 0 &&
		    !answer_put(out, (struct text){ (const char *)content, n }))
			return false;
	}
}

static int
plain_status(const char *status)
{
	printf("Status: %s\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n%s\r\n", status,
	    status[0] == '5' ? "Retry-After: 10\r\n" : "");
	return EXIT_ANSWER;
}

/* Which page, and where its links lead. */
static bool
add_place(struct arena *a, struct str *params, struct cgi_place *ret)
{
	const struct cgi_env env = { .script_name = getenv("SCRIPT_NAME"), .path_info = getenv("PATH_INFO"),
	    .request_uri = getenv("REQUEST_URI"), .query = getenv("QUERY_STRING"),
	    .token = getenv("cp_security_token") };

	if (!cgi_place(a, &env, ret))
		return false;
	add_param(params, "SCRIPT_NAME", ret->mount);
	add_param(params, "PATH_INFO", ret->path);
	add_param(params, "REQUEST_URI", ret->uri);
	add_param(params, "QUERY_STRING", ret->query);
	add_param(params, "ASG_FRAME", ret->routed ? "panel" : getenv("ASG_FRAME"));
	return true;
}

static int
relay(struct cli *cli)
{
	bool admin = cli_flag(cli, "admin"), ok;
	struct str params = str_in(cli->arena, PARAMS_BYTES), out;
	struct cgi_paths paths;
	struct cgi_place place;
	struct answer answer = { .arena = cli->arena, .place = &place, .head = str_in(cli->arena, HEAD_BYTES + 65535) };
	struct text body;
	struct err err;
	int fd;

	if (!read_paths(cli->arena, cli_value(cli, "config"), &paths, &err)) {
		cli_cannot(cli, &err);
		return plain_status("503 Service Unavailable");
	}
	if (admin && !sign_admin(cli, &paths, &params, &err)) {
		cli_cannot(cli, &err);
		return plain_status(err.code == ERR_DENIED || err.code == ERR_VALUE ? "403 Forbidden" :
		    "503 Service Unavailable");
	}
	if (!read_body(cli->arena, &body))
		return plain_status("413 Content Too Large");
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		add_param(&params, forwarded[i], getenv(forwarded[i]));
	if (!admin)
		add_param(&params, "ASG_SESSION", session_of(cli->arena));
	if (!add_place(cli->arena, &params, &place) || !str_ok(&params))
		return plain_status("400 Bad Request");
	out = str_in(cli->arena, BODY_MAX + 1024 * 1024);
	add_record(&out, BEGIN_REQUEST, (struct text){ "\0\1\0\0\0\0\0\0", 8 });
	add_stream(&out, PARAMS, str_text(&params));
	add_stream(&out, STDIN_STREAM, body);
	if ((fd = connect_to(admin ? paths.admin : paths.user)) == -1)
		return plain_status("503 Service Unavailable");
	send_all(fd, str_text(&out));	/* a refusal may come before all was read: what counts is the answer */
	ok = copy_answer(fd, &answer);
	close(fd);
	if (!ok && !answer.begun)
		return plain_status("503 Service Unavailable");
	return ok ? EXIT_ANSWER : EXIT_CANNOT;
}

int
run_cgi(struct cli *cli)
{
	int status = relay(cli);

	/* The browser has its answer before the panel's own socket is ended. */
	fflush(stdout);
	if (!cli_flag(cli, "admin")) {
		close(STDOUT_FILENO);
		live_api_end(getenv(LIVE_API_SOCKET), GOODBYE_MS);
	}
	return status;
}
