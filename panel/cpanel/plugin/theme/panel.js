/*
 * The pages inside cPanel's and WHM's own: asks the relay for a fragment and
 * puts it in its place.  Where one is stands behind the "#", so reload, back,
 * a bookmark and a link in a new tab all work.  The relay is asked by
 * "?route=/path" (which also says that the frame is drawn), because a query is
 * what every web server hands on.
 */
(function () {
	"use strict";

	var place = document.getElementById("antispam-guide");
	if (!place || !window.fetch || place.dataset.begun)
		return;
	place.dataset.begun = "1";

	var relay = new URL(place.dataset.relay, location.href);
	var name = relay.pathname.slice(relay.pathname.lastIndexOf("/"));	/* "/asg.live.cgi" */
	var language = (document.documentElement.lang || navigator.language || "en").slice(0, 2);
	var words = {
		en: { wait: "Loading…", failed: "The Anti-Spam Guide does not answer at the moment. Please try again in a minute.",
		    gone: "The session has ended. Please sign in again.", again: "Try again" },
		es: { wait: "Cargando…", failed: "La Guía antispam no responde en este momento. Inténtelo de nuevo dentro de un minuto.",
		    gone: "La sesión ha terminado. Inicie sesión de nuevo.", again: "Reintentar" }
	}[language === "es" ? "es" : "en"];
	/* In the panel's language, whatever the browser's is. */
	var spoken = { "Accept": "text/html", "Accept-Language": language };
	var asked = 0, shown = null, title = document.title;

	/* "/domains?page=2" of a link to one of our pages, or null. */
	function route(link) {
		var url, at, rest, first;

		try {
			url = new URL(link, location.href);
		} catch (e) {
			return null;
		}
		at = url.pathname.indexOf(name);
		if (url.origin !== location.origin || at < 0)
			return null;
		rest = url.pathname.slice(at + name.length);
		if (rest !== "" && rest[0] !== "/")
			return null;
		if (rest === "" && url.search.slice(0, 7) === "?route=") {
			first = url.search.slice(7).split("&");
			rest = decodeURIComponent(first.shift());
			return rest + (first.length > 0 && first.join("&") !== "" ? "?" + first.join("&") : "") + url.hash;
		}
		return (rest || "/") + url.search + url.hash;
	}

	function address(to) {
		var cut = to.split("#")[0], at = cut.indexOf("?");
		var path = at < 0 ? cut : cut.slice(0, at), query = at < 0 ? "" : cut.slice(at + 1);

		return relay.pathname + "?route=" + encodeURIComponent(path) + (query ? "&" + query : "");
	}

	function here() {
		var hash = location.hash.slice(1);

		return hash[0] === "/" ? hash : "/";
	}

	function say(text, alert, to) {
		var p = document.createElement("p"), button;

		p.className = "asg-wait";
		p.textContent = text;
		if (alert) {
			p.setAttribute("role", "alert");
			button = document.createElement("button");
			button.type = "button";
			button.textContent = words.again;
			button.addEventListener("click", function () { to === null ? location.reload() : ask(to); });
			p.append(" ", button);
		}
		place.replaceChildren(p);
		shown = null;
	}

	/*
	 * Again after every change of the page.  The panel's own heading is the first one.  What was for a page of its own goes, the refresh for those
	 * without a script too, which a parser without scripts has made an element of.  Links of ours lead
	 * to "#/..."; what is no page (a table as CSV) is fetched from the relay.
	 */
	function prepare(fragment) {
		fragment.querySelectorAll("link, script, noscript, meta").forEach(function (one) { one.remove(); });
		fragment.querySelectorAll("h1").forEach(function (h) { h.setAttribute("aria-level", "2"); });
		fragment.querySelectorAll("a[href]").forEach(function (a) {
			var to = a.getAttribute("href")[0] === "#" ? null : route(a.getAttribute("href"));

			if (to === null) {
				if (a.origin !== location.origin)
					a.rel = "noopener noreferrer";	/* our address holds the session's token */
				return;
			}
			if (/[?&]format=csv(&|$)/.test(to) || to.slice(0, 8) === "/static/") {
				a.href = address(to);
				a.setAttribute("download", "");
			} else
				a.href = "#" + to;
		});
		fragment.querySelectorAll("img[src]").forEach(function (img) {
			var to = route(img.getAttribute("src"));

			if (to !== null)
				img.src = address(to);
		});
	}

	function comfort() {
		var script;

		if (!place.dataset.script)
			return;
		script = document.createElement("script");
		script.src = place.dataset.script;
		script.addEventListener("load", function () { script.remove(); });
		document.head.append(script);
	}

	/* The panel may have one of the same name. */
	function anchor(to) {
		var at = to.indexOf("#"), target = at < 0 ? null : place.querySelector("#" + CSS.escape(decodeURIComponent(to.slice(at + 1))));

		if (target) {
			target.scrollIntoView();
			if (target.tabIndex < 0)
				target.tabIndex = -1;
			target.focus({ preventScroll: true });
		}
		return target !== null;
	}

	function name_page(fragment) {
		var h = fragment.querySelector("h1"), words = h ? h.cloneNode(true) : null;

		if (h) {
			words.querySelectorAll(".badge").forEach(function (badge) { badge.remove(); });
			document.title = words.textContent.replace(/\s+/g, " ").trim() + " – " + title;
		}
		return h;
	}

	function show(html, to) {
		var fragment = new DOMParser().parseFromString(html, "text/html").querySelector(".asg"), h;

		if (!fragment) {
			say(words.gone, true, null);	/* the panel's own log-in page */
			return;
		}
		prepare(fragment);
		fragment.dataset.here = address(to);
		place.replaceChildren(document.adoptNode(fragment));
		shown = to;
		h = name_page(fragment);
		comfort();
		if (anchor(to))
			return;
		if (asked > 1) {		/* whoever listens is told that it is another page */
			if (h)
				h.tabIndex = -1;
			(h || place).focus({ preventScroll: true });
			if (place.getBoundingClientRect().top < 0)
				place.scrollIntoView();
		}
	}

	/* Only the last of what was asked for is shown. */
	function ask(to, options) {
		var number = ++asked;

		place.setAttribute("aria-busy", "true");
		if (!place.querySelector(".asg"))
			say(words.wait);
		return fetch(address(to), Object.assign({ credentials: "same-origin", headers: spoken }, options))
		    .then(function (answer) {
			return answer.text().then(function (html) {
				var type = answer.headers.get("Content-Type") || "", now = route(answer.url);

				if (number !== asked)
					return;
				if (type.slice(0, 9) !== "text/html") {	/* a refusal in words, or none at all */
					say(type.slice(0, 10) === "text/plain" && html.trim() !== "" ? html.trim() : words.failed, true,
					    options ? null : to);
					return;
				}
				if (answer.ok && now !== null && now !== to) {	/* led on: from a form, or to where it is now */
					history[options && now !== here() ? "pushState" : "replaceState"](null, "", "#" + now);
					to = now;
				}
				show(html, to);
			});
		}).catch(function () {
			if (number === asked)
				say(words.failed, true, options ? null : to);
		}).then(function () {
			if (number === asked)
				place.removeAttribute("aria-busy");
		});
	}

	function fields(form, button) {
		var data = new FormData(form);

		if (button && button.name)
			data.append(button.name, button.value);
		return data;
	}

	function urlencoded(data) {
		var out = new URLSearchParams();

		data.forEach(function (value, key) {
			if (typeof value === "string")
				out.append(key, value);
		});
		return out;
	}

	place.addEventListener("submit", function (event) {
		var form = event.target, button = event.submitter;
		var action = button && button.hasAttribute("formaction") ? button.formAction : form.getAttribute("action");
		var to = route(action === null || action === "" ? address(shown || here()) : action);
		var method = ((button && button.getAttribute("formmethod")) || form.getAttribute("method") || "get").toLowerCase();
		var type = (button && button.getAttribute("formenctype")) || form.enctype, data = fields(form, button), query;

		if (to === null || event.defaultPrevented)
			return;
		event.preventDefault();
		if (method === "post") {
			ask(to, { method: "POST", body: type === "multipart/form-data" ? data : urlencoded(data) });
			return;
		}
		query = urlencoded(data).toString();
		to = to.split(/[?#]/)[0] + (query ? "?" + query : "");
		if (/[?&]format=csv(&|$)/.test(to))
			location.assign(address(to));
		else if (location.hash === "#" + to)
			ask(to);
		else
			location.hash = to;
	});

	place.addEventListener("click", function (event) {
		var a = event.target.closest("a[href^='#']"), to = a ? a.getAttribute("href") : "";

		if (!a || event.ctrlKey || event.metaKey || event.shiftKey)
			return;
		if (to[1] !== "/") {		/* a part of this page: what stands behind the "#" is the page */
			event.preventDefault();
			anchor(to);
		} else if (to === location.hash) {	/* once more: no hash changes, but a person wants to see it anew */
			event.preventDefault();
			ask(here());
		}
	});

	window.addEventListener("popstate", function () {
		if (location.hash === "" || location.hash[1] === "/")
			ask(here());
	});

	place.tabIndex = -1;
	new MutationObserver(function () { prepare(place); }).observe(place, { childList: true, subtree: true });

	/* WHM has drawn the first page itself. */
	if (place.querySelector(".asg") && location.hash.slice(0, 2) !== "#/") {
		asked = 1;
		shown = route(location.href) || "/";
		prepare(place);
		place.querySelector(".asg").dataset.here = address(shown);
		name_page(place);
		comfort();
	} else
		ask(here());
}());
