/*
 * Comfort only: every page works without it.  Copy buttons, a selection that
 * is kept, a print button, and looking again while something is running.
 */
(function () {
	"use strict";

	var root = document.querySelector(".asg");
	if (!root || root.dataset.ready)
		return;
	root.dataset.ready = "1";

	var words = { copy: root.dataset.wordCopy, copied: root.dataset.wordCopied, clear: root.dataset.wordClear };

	root.querySelectorAll("[data-copy]").forEach(function (what) {
		if (!navigator.clipboard)
			return;
		var button = document.createElement("button");
		button.type = "button";
		button.className = "quiet copy";
		button.textContent = words.copy;
		button.addEventListener("click", function () {
			navigator.clipboard.writeText(what.textContent).then(function () {
				button.textContent = words.copied;
				setTimeout(function () { button.textContent = words.copy; }, 2000);
			});
		});
		what.after(button);
	});

	/*
	 * What is ticked in a table is kept while its pages are turned, for as long
	 * as the tab is open, and goes along when the form is sent.
	 */
	root.querySelectorAll("form[data-pick]").forEach(function (form) {
		var name = form.dataset.pick, key = "asg " + form.dataset.keep;
		var status = form.querySelector("[data-picked]"), all = form.querySelector("[data-select-all]");
		var picked = {};

		function boxes() {
			return form.querySelectorAll("input[type=checkbox][name=" + name + "]");
		}
		function keep() {
			var list = Object.keys(picked);
			try {
				sessionStorage.setItem(key, JSON.stringify(list));
			} catch (e) { /* private mode: this page's ticks are all there is */ }
			if (status) {
				status.hidden = list.length === 0;
				status.firstChild.textContent = status.dataset.picked.replace("{count}", list.length) + " ";
			}
			if (all)
				all.checked = boxes().length > 0 && Array.prototype.every.call(boxes(), function (b) { return b.checked; });
		}
		function note(box) {
			if (box.checked)
				picked[box.value] = true;
			else
				delete picked[box.value];
		}
		try {
			JSON.parse(sessionStorage.getItem(key) || "[]").forEach(function (value) { picked[value] = true; });
		} catch (e) { /* nothing kept */ }
		if (status) {
			var clear = document.createElement("button");
			clear.type = "button";
			clear.className = "quiet copy";
			clear.textContent = words.clear;
			clear.addEventListener("click", function () {
				picked = {};
				boxes().forEach(function (box) { box.checked = false; });
				keep();
			});
			status.replaceChildren(document.createTextNode(""), clear);
		}
		if ("whole" in form.dataset)		/* all there are: what was ticked and is not here has gone */
			Object.keys(picked).forEach(function (value) {
				if (!form.querySelector("input[name=" + name + "][value=\"" + CSS.escape(value) + "\"]"))
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
			keep();
		});
		form.addEventListener("submit", function () {
			var here = {};
			boxes().forEach(function (box) { here[box.value] = true; });
			form.querySelectorAll("input[data-elsewhere]").forEach(function (old) { old.remove(); });
			Object.keys(picked).forEach(function (value) {
				if (here[value])
					return;
				var field = document.createElement("input");
				field.type = "hidden";
				field.name = name;
				field.value = value;
				field.dataset.elsewhere = "1";
				form.appendChild(field);
			});
		});
		if (all)
			all.hidden = false;
		keep();
	});

	/* Done with what was ticked. */
	root.querySelectorAll("form[data-drop]").forEach(function (form) {
		form.addEventListener("submit", function () {
			try {
				sessionStorage.removeItem("asg " + form.dataset.drop);
			} catch (e) { /* nothing kept */ }
		});
	});

	/* On a phone the sections are one line that scrolls: the present one is in it. */
	var bar = root.querySelector(".nav ul"), here = bar && bar.querySelector("[aria-current]");
	if (here)
		bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;

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
		root.querySelectorAll("details:not([open], .acknowledge)").forEach(function (d) { d.open = d.dataset.shut = true; });
	});
	window.addEventListener("afterprint", function () {
		root.querySelectorAll("details[data-shut]").forEach(function (d) { d.open = false; delete d.dataset.shut; });
	});
	root.querySelectorAll("[data-print]").forEach(function (button) {
		button.hidden = false;
		button.addEventListener("click", function () { window.print(); });
	});

	/*
	 * What runs is fetched again and put in its place; focus and scroll stay.  Inside a panel's page
	 * (data-here) its own script shows pages, and this one runs anew for each.
	 */
	var one = root.querySelector(".page-head[data-running]");	/* its rows come one by one */
	var wait = one ? 300 : 1000;
	function look() {
		if (!root.querySelector("[data-running]") || document.hidden)
			return again();
		fetch(root.dataset.here || location.href, {
			headers: { "Accept": "text/html", "Accept-Language": document.documentElement.lang || "en" },
			credentials: "same-origin"
		}).then(function (r) {
			return r.ok ? r.text() : null;
		}).then(function (html) {
			var fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector("#content");
			var old = root.querySelector("#content");
			if (fresh && old && !old.contains(document.activeElement))
				swap(old, fresh);
			again();
		}, again);
	}
	function swap(old, fresh) {
		var rows = old.querySelectorAll("tr[data-domain]");
		if (rows.length === 0) {
			var head = old.querySelector(".page-head[data-running]"), now = fresh.querySelector(".page-head");
			if (!fresh.querySelector("[data-running]") || (now && !old.querySelector(".page-head")))
				location.reload();
			else if (head && now)
				head.replaceWith(document.adoptNode(now));
			return;
		}
		rows.forEach(function (row) {
			var now = fresh.querySelector("tr[data-domain=\"" + CSS.escape(row.dataset.domain) + "\"]");
			var box = row.querySelector("input[name=target]");
			if (!now)
				return;
			if (box && box.checked)
				now.querySelector("input[name=target]").checked = true;
			row.replaceWith(document.adoptNode(now));
		});
	}
	function again() {
		if (!root.isConnected || !root.querySelector("[data-running]"))
			return;
		setTimeout(look, wait);
		wait = Math.min(wait * (one ? 1.1 : 1.3), 8000);
	}
	again();
}());
