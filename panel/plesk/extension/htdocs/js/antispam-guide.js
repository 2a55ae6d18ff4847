/*
 * The panel refuses a POST without its forgery token.  Forms get it from the
 * server already; this does the same for what scripts send.
 */
(function () {
	"use strict";

	var meta = document.getElementById("forgery_protection_token");
	var token = meta ? meta.getAttribute("content") : "";
	var fetchOfTheBrowser = window.fetch;

	if (!token)
		return;

	document.addEventListener("submit", function (event) {
		var form = event.target;
		var field = form.elements.namedItem("forgery_protection_token");

		if (form.method.toLowerCase() !== "post")
			return;
		if (!field) {
			field = document.createElement("input");
			field.type = "hidden";
			field.name = "forgery_protection_token";
			form.appendChild(field);
		}
		field.value = token;
	}, true);

	if (!fetchOfTheBrowser)
		return;
	window.fetch = function (resource, options) {
		var url = new URL(resource instanceof Request ? resource.url : resource, location.href);

		if (url.origin !== location.origin)
			return fetchOfTheBrowser(resource, options);
		options = Object.assign({}, options);
		options.headers = new Headers(options.headers ||
		    (resource instanceof Request ? resource.headers : undefined));
		options.headers.set("X-Forgery-Protection-Token", token);
		return fetchOfTheBrowser(resource, options);
	};
}());
