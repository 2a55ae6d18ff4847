/* Answers of spam filters: spamd (spamd/PROTOCOL) and Rspamd (/checkv2), whole and broken. */

#include "base/arena.h"
#include "mail/filter.h"
#include "unit/test.h"

#define HEAD	"SPAMD/1.1 0 EX_OK\r\nContent-length: 99\r\nSpam: True ; 6.5 / 5.0\r\n\r\n"
#define HTTP	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"

/* want: "points/limit spam rules", NULL = no answer. */
static const struct { const char *name; bool rspamd; const char *text, *want; } cases[] = {
	{ "symbols", false, HEAD "BAYES_99,HTML_MESSAGE\r\n", "6.5/5.0 spam BAYES_99, HTML_MESSAGE" },
	{ "one symbol", false, HEAD "HTML_MESSAGE\r\n", "6.5/5.0 spam HTML_MESSAGE" },
	{ "no symbols", false, HEAD "\r\n", "6.5/5.0 spam " },
	{ "a report", false, HEAD "Spam detection software has identified this as 1 spam mail.\n\n"
	    " pts rule name              description\n---- ---------------------- ------------\n"
	    " 0.5 SUBJ_ALL_CAPS          Subject is all capitals\n"
	    " 2.2 MPART_ALT_DIFF         BODY: HTML and text parts are different\n"
	    "                            [score: 0.9]\n-0.0 NO_RECEIVED            Informational\n"
	    "-1.9 BAYES_00               BODY: Bayes\n",
	    "6.5/5.0 spam MPART_ALT_DIFF (2.2), SUBJ_ALL_CAPS (0.5), BAYES_00 (-1.9)" },
	{ "no spam", false, "SPAMD/1.1 0 EX_OK\r\nSpam: False ; -0.1 / 5.0\r\n\r\n", "-0.1/5.0 ham " },
	{ "a failure", false, "SPAMD/1.0 76 Bad header line: x\r\n", NULL },
	{ "no points", false, "SPAMD/1.1 0 EX_OK\r\nContent-length: 2\r\n\r\n", NULL },
	{ "points that are none", false, "SPAMD/1.1 0 EX_OK\r\nSpam: True ; many / 5.0\r\n\r\n", NULL },
	{ "another protocol", false, "220 mail.example ESMTP\r\n", NULL },
	{ "nothing", false, "", NULL },

	{ "Rspamd", true, HTTP "{\"score\":4.5,\"required_score\":15.0,\"action\":\"no action\",\"symbols\":"
	    "{\"R_DKIM_NA\":{\"name\":\"R_DKIM_NA\",\"score\":0.5},\"ABUSE_SURBL\":{\"score\":4.0}}}",
	    "4.5/15.0 ham ABUSE_SURBL (4.0), R_DKIM_NA (0.5)" },
	{ "Rspamd finds spam", true, HTTP "{\"score\":15,\"required_score\":15,\"symbols\":{}}", "15.0/15.0 spam " },
	{ "Rspamd puts it into the spam folder", true, HTTP "{\"score\":7,\"required_score\":15,\"action\":\"add header\"}",
	    "7.0/15.0 spam " },
	{ "Rspamd fails", true, "HTTP/1.1 500 Oops\r\n\r\n{}", NULL },
	{ "Rspamd without points", true, HTTP "{\"error\":\"x\"}", NULL },
	{ "Rspamd says no JSON", true, HTTP "<html>", NULL },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new();
		struct filter_answer f;
		struct err err = { 0 };
		struct text t = text_of(cases[i].text);
		bool ok = cases[i].rspamd ? filter_rspamd_read(a, t, &f, &err) : filter_spamd_read(a, t, &f, &err);

		CHECK_STR(cases[i].name, ok ? arena_printf(a, "%.1f/%.1f %s %s", f.points, f.limit,
		    f.spam ? "spam" : "ham", filter_rules_text(a, &f, 8)) : NULL, cases[i].want);
		CHECK(cases[i].name, ok || err.code == ERR_PROTOCOL);
		arena_free(a);
	}
	TEST_END();
}
