/*
 * The same lines as spf_lines.c, answered by libspf2 (Debian package
 * libspf2-dev); not part of the program.  Texts come quoted and joined.
 *
 *	cc -o spf_libspf2 tests/diff/spf_libspf2.c -lspf2
 */

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <spf2/spf.h>
#include <spf2/spf_dns_zone.h>

static SPF_dns_server_t *zone;
static SPF_server_t *server;

static void
forget(void)
{
	if (server != NULL)
		SPF_server_free(server);
	zone = SPF_dns_zone_new(NULL, "zone", 0);
	server = SPF_server_new_dns(zone, 0);
	SPF_server_set_sanitize(server, 0);
}

static void
unhex(const char *hex, char *out, size_t size)
{
	unsigned c;

	for (; size > 1 && sscanf(hex, "%2x", &c) == 1; hex += 2, size--)
		*out++ = (char)c;
	*out = '\0';
}

/* "a" "b" -> ab */
static void
unquote(char *s)
{
	char *out = s;
	int inside = 0;

	for (; *s != '\0'; s++)
		if (*s == '"')
			inside = !inside;
		else if (inside)
			*out++ = *s;
	*out = '\0';
}

static void
record(char *line)
{
	char *name = strtok(line, " "), *type = strtok(NULL, " "), *rest = strtok(NULL, "");
	static const struct { const char *word; ns_type type; } types[] = { { "A", ns_t_a },
	    { "AAAA", ns_t_aaaa }, { "PTR", ns_t_ptr }, { "MX", ns_t_mx }, { "TXT", ns_t_txt } };
	size_t i;

	if (strcmp(type, "FAIL") == 0) {
		SPF_dns_zone_add_str(zone, name, ns_t_any, TRY_AGAIN, NULL);
		return;
	}
	if (strcmp(type, "TXT") == 0)
		unquote(rest);
	if (strcmp(type, "MX") == 0)
		rest = strchr(rest, ' ') + 1;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i].word) == 0)
			SPF_dns_zone_add_str(zone, name, types[i].type, NETDB_SUCCESS, rest);
}

static void
ask(char *line)
{
	char ip[200], helo[2000], sender[2000];
	SPF_request_t *q = SPF_request_new(server);
	SPF_response_t *r = NULL;
	const char *word;
	SPF_error_t *e;

	unhex(strtok(line, " "), ip, sizeof(ip));
	unhex(strtok(NULL, " "), helo, sizeof(helo));
	unhex(strtok(NULL, " "), sender, sizeof(sender));
	if (strchr(ip, ':') != NULL)
		SPF_request_set_ipv6_str(q, ip);
	else
		SPF_request_set_ipv4_str(q, ip);
	SPF_request_set_helo_dom(q, helo);
	if (sender[0] != '\0')
		SPF_request_set_env_from(q, sender);
	SPF_request_query_mailfrom(q, &r);
	word = SPF_strresult(SPF_response_result(r));
	e = SPF_response_errors(r) > 0 ? SPF_response_message(r, 0) : NULL;
	printf("%s 0 0 - %s\n", word, e == NULL ? "-" : SPF_strerror(SPF_error_code(e)));
	SPF_response_free(r);
	SPF_request_free(q);
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;

	forget();
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == 'Z')
			forget();
		else if (line[0] == 'R')
			record(line + 2);
		else if (line[0] == 'Q') {
			ask(line + 2);
			fflush(stdout);
		}
	}
	return 0;
}
