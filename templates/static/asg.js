/*
 * Comfort only: every page works without it.  Copy buttons, "select all", a
 * print button, and looking again while something is running.
 */
(function () {
	"use strict";

	var root = document.querySelector(".asg");
	if (!root || root.dataset.ready)
		return;
	root.dataset.ready = "1";

	var spanish = (document.documentElement.lang || "en").slice(0, 2) === "es";
	var words = spanish ? { copy: "Copiar", copied: "Copiado" } : { copy: "Copy", copied: "Copied" };

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

	var all = root.querySelector("[data-select-all]");
	if (all) {
		all.hidden = false;
		all.addEventListener("change", function () {
			root.querySelectorAll("input[name=target]").forEach(function (box) {
				box.checked = all.checked;
			});
		});
	}

	root.querySelectorAll("[data-print]").forEach(function (button) {
		button.hidden = false;
		button.addEventListener("click", function () { window.print(); });
	});

	/*
	 * What runs is fetched again and put in its place; focus and scroll stay.  Inside a panel's page
	 * (data-here) its own script shows pages, and this one runs anew for each.
	 */
	var wait = 1000;
	function look() {
		if (!root.querySelector("[data-running]") || document.hidden)
			return again();
		fetch(root.dataset.here || location.href, { headers: { "Accept": "text/html" }, credentials: "same-origin" }).then(function (r) {
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
			if (!fresh.querySelector("[data-running]")) {
				if (root.dataset.here)
					root.dispatchEvent(new CustomEvent("asg-again", { bubbles: true }));
				else
					location.reload();
				return;
			}
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
		wait = Math.min(wait * 1.3, 8000);
	}
	again();
}());
