/*
 * Send requests that stand in standard input, a line of JSON each, and print the
 * replies as JSON lines with the request's "id":
 *
 *   net_send [-u PANEL_URL] [-c PANEL_CA] [-n TLS_NAME] [-p PIN] [-k KEY] [-t CA]
 *            [-s HELPER_SOCKET] [-r RESOLVER]... [-a]
 *   {"id":1,"kind":"http","door":"panel|public","method":"GET","path":"/","headers":{},
 *    "credential_header","credential_prefix","content_type","body","secret_marker","secret",
 *    "timeout_ms","max_bytes","write"}
 *   {"kind":"smtp","server":"HOST:PORT","bind","ehlo","starttls","tls_name","timeout_ms","own"}
 *   {"kind":"verb","verb","args":[],"input","write","secret"}
 *
 * -a allows private addresses; -1 sends one after the other.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "net/net.h"

struct sent {
	struct request	 request;
	int64_t		 id;
};

static void
on_reply(void *ctx, const struct reply *reply)
{
	struct sent *sent = ctx;
	struct arena *a = arena_new();
	struct json *o = json_new_object(a);

	json_put_int(o, "id", sent->id);
	reply_to_json(o, &sent->request, reply);
	printf("%s\n", json_print(a, o));
	fflush(stdout);
	arena_free(a);
}

static void
read_http(struct arena *a, const struct json *o, struct request_http *r)
{
	const char *door = json_str(o, "door");
	const struct json *headers = json_get(o, "headers"), *h;
	struct http_header *list = arena_array(a, json_count(headers) + 1, sizeof(*list));

	r->door = door != NULL && strcmp(door, "public") == 0 ? HTTP_PUBLIC : HTTP_PANEL;
	r->method = json_str(o, "method");
	r->path = json_str(o, "path");
	for (h = json_first(headers); h != NULL; h = json_next(h)) {
		list[r->header_count].name = json_key(h);
		list[r->header_count++].value = json_value_str(h);
	}
	r->headers = list;
	r->credential_header = json_str(o, "credential_header");
	r->credential_prefix = json_str(o, "credential_prefix");
	r->content_type = json_str(o, "content_type");
	r->body = text_of(json_str(o, "body"));
	r->secret_marker = json_str(o, "secret_marker");
	r->secret_ref = json_str(o, "secret") != NULL ? "s" : NULL;
	r->timeout_ms = (uint32_t)json_int(o, "timeout_ms", 0);
	r->max_bytes = (size_t)json_int(o, "max_bytes", 0);
	r->write = json_bool(o, "write", false);
}

static void
read_smtp(const struct json *o, struct request_smtp *r)
{
	if (!endpoint_parse(text_of(json_str(o, "server")), 25, &r->server))
		exit(2);
	if (json_str(o, "bind") != NULL && !ip_parse(text_of(json_str(o, "bind")), &r->bind))
		exit(2);
	r->ehlo = json_str(o, "ehlo");
	r->starttls = json_bool(o, "starttls", false);
	r->tls_name = json_str(o, "tls_name");
	r->timeout_ms = (uint32_t)json_int(o, "timeout_ms", 0);
	r->own = json_bool(o, "own", false);
}

static void
read_verb(struct arena *a, const struct json *o, struct request_verb *r)
{
	const struct json *args = json_get(o, "args"), *v;
	const char **list = arena_array(a, json_count(args) + 1, sizeof(*list));

	r->verb = json_str(o, "verb");
	for (v = json_first(args); v != NULL; v = json_next(v))
		list[r->arg_count++] = json_value_str(v);
	r->args = list;
	r->input = text_of(json_str(o, "input"));
	r->write = json_bool(o, "write", false);
	r->secret_ref = json_str(o, "secret") != NULL ? "s" : NULL;
}

static void
submit(struct net *net, struct arena *a, struct text line)
{
	struct sent *sent = arena_zalloc(a, sizeof(*sent));
	const struct json *o;
	const char *kind;
	struct err err;

	o = json_parse(a, line, &err);
	if (o == NULL || (kind = json_str(o, "kind")) == NULL) {
		fprintf(stderr, "%s\n", o == NULL ? err.text : "no kind");
		exit(2);
	}
	sent->id = json_int(o, "id", 0);
	if (strcmp(kind, "http") == 0) {
		sent->request.kind = REQUEST_HTTP;
		read_http(a, o, &sent->request.u.http);
	} else if (strcmp(kind, "smtp") == 0) {
		sent->request.kind = REQUEST_SMTP;
		read_smtp(o, &sent->request.u.smtp);
	} else {
		sent->request.kind = REQUEST_VERB;
		read_verb(a, o, &sent->request.u.verb);
	}
	if (json_str(o, "secret") != NULL)
		net_secret_put(net, "s", text_of(json_str(o, "secret")));
	net_submit(net, &sent->request, on_reply, sent);
	net_secret_drop(net, "s");
}

int
main(int argc, char **argv)
{
	struct endpoint resolvers[8];
	struct net_config config = { .dns_timeout_ms = 300, .dns_tries = 1 };
	struct arena *a = arena_new();
	struct err err;
	struct net *net;
	bool one = false;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int c;

	while ((c = getopt(argc, argv, "u:c:n:p:k:t:s:r:a1")) != -1) {
		switch (c) {
		case 'u':
			config.panel_url = optarg;
			break;
		case 'c':
			config.panel_ca_file = optarg;
			break;
		case 'n':
			config.panel_tls_name = optarg;
			break;
		case 'p':
			config.panel_pin_sha256 = optarg;
			break;
		case 'k':
			config.panel_secret = text_of(optarg);
			break;
		case 't':
			config.tls_ca_file = optarg;
			break;
		case 's':
			config.helper_socket = optarg;
			break;
		case 'r':
			if (!endpoint_parse(text_of(optarg), 53,
			    &resolvers[config.resolver_count++ % 8]))
				return 2;
			break;
		case 'a':
			config.allow_private = true;
			break;
		case '1':
			one = true;
			break;
		default:
			return 2;
		}
	}
	config.resolvers = resolvers;
	net = net_new(&config, &err);
	if (net == NULL) {
		fprintf(stderr, "%s: %s\n", err_word(err.code), err.text);
		return 1;
	}
	while ((n = getline(&line, &size, stdin)) > 0) {
		submit(net, a, (struct text){ line, (size_t)n });
		while (one && net_open(net) > 0)
			net_turn(net, -1);
	}
	while (net_open(net) > 0)
		net_turn(net, -1);
	net_free(net);
	arena_free(a);
	free(line);
	return 0;
}
