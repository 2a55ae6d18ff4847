/*
 * Comfort only: every page works without it.  Copy buttons, a selection that
 * is kept, a print button, and looking again while something is running: what
 * is new comes into its place and is said, and nobody loses the place he is at.
 */
(function () {
	"use strict";

	var root = document.querySelector(".asg");
	if (!root || root.dataset.ready)
		return;
	root.dataset.ready = "1";

	var words = { copy: root.dataset.wordCopy, copied: root.dataset.wordCopied, clear: root.dataset.wordClear };

	/* How light the panel's page is behind ours, of 255. */
	function behind(e) {
		var c = e ? getComputedStyle(e).backgroundColor.match(/[\d.]+/g) || [] : [];

		if (!e)
			return /dark/.test(getComputedStyle(document.documentElement).colorScheme) ? 0 : 255;
		return c.length === 3 || c[3] > .5 ? .3 * c[0] + .59 * c[1] + .11 * c[2] : behind(e.parentElement);
	}
	function shade() {
		root.classList.toggle("asg-light", root.matches(".asg-framed") && behind(root.parentElement) > 127);
	}
	shade();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", shade);

	function each(e, css, f) {
		return Array.prototype.map.call(e.querySelectorAll(css), f);
	}

	/* --- for those who listen ------------------------------------------- */

	/* What is read aloud of it: signs stand for a word that follows. */
	function spoken(e) {
		var copy = e.cloneNode(true);
		each(copy, "[aria-hidden]", function (sign) { sign.remove(); });
		return copy.textContent.replace(/\s+/g, " ").trim();
	}

	function say(text) {
		var place = root.querySelector("[data-said]");
		if (place && text)
			place.textContent = text;
	}

	/* --- where one is ---------------------------------------------------- */

	/* By this a control is found again when its page has been made anew. */
	function key(e) {
		return e && root.contains(e) ? [e.tagName, e.getAttribute("href"), e.form ? e.form.getAttribute("action") : "",
		    e.name, spoken(e)].join("|") : null;
	}

	/* False when it is there no more. */
	function focus(wanted) {
		return each(root, "a, button, input, select, textarea, summary", function (e) { return e; }).some(function (e) {
			if (key(e) !== wanted)
				return false;
			e.focus();
			return document.activeElement === e;
		});
	}

	/* A form that leads back to its page (data-stay): on the new one the focus is on the same button. */
	var here = root.dataset.here || location.pathname;
	root.addEventListener("submit", function (e) {
		try {
			if (e.target.hasAttribute("data-stay"))
				sessionStorage.setItem("asg focus", here + " " + key(e.submitter || document.activeElement));
		} catch (x) { /* private mode */ }
	});
	try {
		var was = sessionStorage.getItem("asg focus") || "";
		sessionStorage.removeItem("asg focus");
		if (was.indexOf(here + " ") === 0 && document.activeElement.tabIndex < 0)
			focus(was.slice(here.length + 1));
	} catch (x) { /* private mode */ }

	/* --- what a page gets ------------------------------------------------ */

	function copy_button(what) {
		if (!navigator.clipboard)
			return;
		var button = document.createElement("button"), of = document.createElement("span");
		var term = what.parentNode.tagName === "DD" ? what.parentNode.previousElementSibling.textContent + ": " : "";
		button.type = "button";
		button.className = "quiet copy";
		of.className = "unseen";
		of.textContent = " " + term + what.textContent.slice(0, 80);
		button.append(words.copy, of);
		button.addEventListener("click", function () {
			navigator.clipboard.writeText(what.textContent).then(function () {
				button.firstChild.data = words.copied;
				say(words.copied + of.textContent);
				setTimeout(function () { button.firstChild.data = words.copy; }, 2000);
			});
		});
		what.after(button);
	}

	/*
	 * What is ticked in a table is kept while its pages are turned, for as long
	 * as the tab is open, and goes along when the form is sent.
	 */
	function selection(form) {
		var name = form.dataset.pick, store = "asg " + form.dataset.keep;
		var status = form.querySelector("[data-picked]"), all = form.querySelector("[data-select-all]");
		var clear = document.createElement("button"), picked = {};

		function boxes() {
			return each(form, "input[type=checkbox][name=" + name + "]", function (box) { return box; });
		}
		function keep() {
			var list = Object.keys(picked);
			try {
				sessionStorage.setItem(store, JSON.stringify(list));
			} catch (e) { /* private mode: this page's ticks are all there is */ }
			status.hidden = list.length === 0;
			status.firstChild.data = status.dataset.picked.replace("{count}", list.length) + " ";
			all.checked = boxes().length > 0 && boxes().every(function (box) { return box.checked; });
		}
		function note(box) {
			if (box.checked)
				picked[box.value] = true;
			else
				delete picked[box.value];
		}
		try {
			JSON.parse(sessionStorage.getItem(store) || "[]").forEach(function (value) { picked[value] = true; });
		} catch (e) { /* nothing kept */ }
		clear.type = "button";
		clear.className = "quiet copy";
		clear.textContent = words.clear;
		clear.addEventListener("click", function () {
			picked = {};
			boxes().forEach(function (box) { box.checked = false; });
			keep();
			say(status.firstChild.data);
			all.focus();			/* the button is gone */
		});
		status.replaceChildren(document.createTextNode(""), clear);
		if ("whole" in form.dataset)		/* all there are: what was ticked and is not here has gone */
			Object.keys(picked).forEach(function (value) {
				if (boxes().every(function (box) { return box.value !== value; }))
					delete picked[value];
			});
		(form.dataset.gone || "").split(" ").forEach(function (value) { delete picked[value]; });
		boxes().forEach(function (box) {
			if (box.checked)
				picked[box.value] = true;
			box.checked = !!picked[box.value];
		});
		form.addEventListener("change", function (e) {
			if (e.target === all)
				boxes().forEach(function (box) { box.checked = all.checked; note(box); });
			else if (e.target.name === name)
				note(e.target);
			else
				return;
			keep();
			say(status.firstChild.data);
		});
		form.addEventListener("submit", function () {
			var shown = boxes().map(function (box) { return box.value; });
			each(form, "input[data-elsewhere]", function (old) { old.remove(); });
			Object.keys(picked).forEach(function (value) {
				if (shown.indexOf(value) >= 0)
					return;
				var field = document.createElement("input");
				field.type = "hidden";
				field.name = name;
				field.value = value;
				field.dataset.elsewhere = "1";
				form.appendChild(field);
			});
		});
		all.hidden = false;
		keep();
	}

	/* Done with what was ticked. */
	function drop(form) {
		form.addEventListener("submit", function () {
			try {
				sessionStorage.removeItem("asg " + form.dataset.drop);
			} catch (e) { /* nothing kept */ }
		});
	}

	function dress(page) {
		each(page, "[data-copy]", copy_button);
		each(page, "form[data-pick]", selection);
		each(page, "form[data-drop]", drop);
		each(page, "[data-print]", function (button) {
			button.hidden = false;
			button.addEventListener("click", function () { window.print(); });
		});
	}
	dress(root);

	/* A link to something that is folded away opens it; most browsers do by themselves. */
	function unfold() {
		var to = document.getElementById(location.hash.slice(1));
		for (var d = to && to.closest("details"); d; d = d.parentElement.closest("details"))
			d.open = true;
	}
	window.addEventListener("hashchange", unfold);
	unfold();

	/* For browsers in which the style alone does not unfold on paper. */
	window.addEventListener("beforeprint", function () {
		each(root, "details:not([open], .acknowledge)", function (d) { d.open = d.dataset.shut = true; });
	});
	window.addEventListener("afterprint", function () {
		each(root, "details[data-shut]", function (d) { d.open = false; delete d.dataset.shut; });
	});

	/* --- while something runs -------------------------------------------- */

	var one = root.querySelector(".page-head[data-running]");	/* its rows come one by one */
	var wait = one ? 300 : 1000;

	/* Inside a panel's page (data-here) its own script shows pages, and this one runs anew for each. */
	function look() {
		if (!root.querySelector("[data-running]") || document.hidden)
			return again();
		fetch(root.dataset.here || location.href, {
			headers: { "Accept": "text/html", "Accept-Language": document.documentElement.lang || "en" },
			credentials: "same-origin"
		}).then(function (r) {
			return r.ok ? r.text() : null;
		}).then(function (html) {
			var fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector(".asg #content");
			var old = root.querySelector("#content");
			if (fresh && old)
				show(old, fresh);
			again();
		}, again);
	}

	function show(old, fresh) {
		var rows = each(old, "tr[data-running]", function (row) { return row; });
		var head = old.querySelector(".page-head"), now = fresh.querySelector(".page-head");

		if (rows.length > 0)
			say(rows.map(function (row) {
				return fill(row, fresh.querySelector("tr[data-domain=\"" + CSS.escape(row.dataset.domain) + "\"]"));
			}).filter(Boolean).join(". "));
		else if (now && head && fresh.querySelector("[data-running]"))
			put(head, now);
		else if (now && !head)
			location.reload();		/* it answers again: another page */
		else if (now && !writing(old))
			put(old, fresh);
	}

	/* The row stays, with its tick and whoever is in it; what it has found is returned to be said. */
	function fill(row, now) {
		if (!now)
			return "";
		var cells = each(now, "td:not(.pick)", function (cell) { return cell; });
		var found = now.hasAttribute("data-running") ? "" : spoken(now.querySelector("th")) + ": " + spoken(cells[0]);
		each(row, "td:not(.pick)", function (cell, i) { cell.replaceWith(document.adoptNode(cells[i])); });
		row.toggleAttribute("data-running", now.hasAttribute("data-running"));
		row.dataset.verdict = now.dataset.verdict || "";
		return found;
	}

	/* One part of the page for another: what was open and where one is stay, what is new is said. */
	function put(old, now) {
		var open = each(old, "details[open] > summary", spoken), at = document.activeElement;
		var known = news(old), focused = old.contains(at) ? key(at) : null;

		old.replaceWith(document.adoptNode(now));
		each(now, "summary", function (summary) {
			if (open.indexOf(spoken(summary)) >= 0)
				summary.parentNode.open = true;
		});
		dress(now);
		if (focused !== null && !focus(focused))
			root.querySelector("#content").focus();
		say(old.id === "content" ? each(now, ".page-head > p", spoken).join(" ") :
		    news(now).filter(function (text) { return known.indexOf(text) < 0; }).join(". "));
	}

	function news(part) {
		return each(part, ".page-head .lead, .page-head progress, .arriving [data-verdict]", function (e) {
			return spoken(e.closest("li, p"));
		});
	}

	/* Somebody has begun to fill in a form. */
	function writing(part) {
		return each(part, "input, textarea", function (field) {
			return field.type !== "hidden" && field.value !== field.defaultValue;
		}).indexOf(true) >= 0;
	}

	function again() {
		if (!root.isConnected || !root.querySelector("[data-running]"))
			return;
		setTimeout(look, wait);
		wait = Math.min(wait * (one ? 1.1 : 1.3), 8000);
	}
	again();
}());
