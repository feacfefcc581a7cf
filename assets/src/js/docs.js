// The developers' guide: copying code, finding calls, trying them.
import { $, $$, el, icon, toast, w, why } from "./util.js";

for (const part of $$("[data-script]")) part.hidden = false;

// Code can be copied.
async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const field = el("textarea", { class: "sr", "aria-hidden": "true" });
		field.value = text;
		document.body.append(field);
		field.select();
		const done = document.execCommand("copy");
		field.remove();
		if (!done) return;
	}
	toast(w("copied"));
}
for (const block of $$("[data-code]")) {
	const button = el("button", { type: "button", class: "btn small", onclick: () => copy($("code", block).textContent) }, w("docs.copy"));
	button.prepend(icon("copy"));
	block.prepend(button);
}

// On a phone the menu is a popover: it closes once a place on this page is chosen.
$("#docs-nav").addEventListener("click", (e) => {
	if (e.target.closest("a") && $("#docs-nav").matches(":popover-open")) $("#docs-nav").hidePopover();
});

// A link to a call opens it.
function reveal() {
	const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
	const box = at?.closest("details");
	if (!box) return;
	box.open = true;
	box.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

// Calls are found by method, path and summary.
const search = $("#docs-filter");
function filter() {
	const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
	let found = 0;
	for (const group of $$(".op-group")) {
		let here = 0;
		for (const op of $$("details.op", group)) {
			op.hidden = !words.every((word) => op.dataset.find.includes(word));
			if (!op.hidden) here++;
		}
		group.hidden = words.length > 0 && here === 0;
		if ("group" in group.dataset) found += here;
	}
	const say = $("#docs-found");
	say.textContent = words.length === 0 ? "" : found ? w("docs.found", found) : say.dataset.none;
	const first = $(".op-group:not([hidden])");
	if (words.length > 0 && first?.getBoundingClientRect().top < 0) first.scrollIntoView();
}
search?.addEventListener("input", filter);
addEventListener("keydown", (e) => {
	if (e.key === "/" && search && !e.target.closest("input, textarea, select")) {
		e.preventDefault();
		search.focus();
	}
});

// The key is in this page's memory only.
const key = $("#try-key");
$("#make-key")?.addEventListener("submit", async (e) => {
	e.preventDefault();
	const form = e.target;
	const button = $("button", form);
	button.disabled = true;
	try {
		const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Fragment": "1" } });
		if (!answer.ok) return toast(await why(answer));
		key.value = (await answer.json()).token;
		$("#try-key-hint").textContent = form.dataset.made;
	} catch {
		toast(w("docs.unreached"));
	} finally {
		button.disabled = false;
	}
});

// request reads a form: path and query filled in, headers, body.
function request(form) {
	const headers = { Authorization: `Bearer ${key.value.trim()}` };
	let path = form.dataset.path;
	const query = new URLSearchParams();
	let body;
	for (const field of $$("[data-in]", form)) {
		const { value, name } = field;
		if (field.dataset.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(value.trim()));
		else if (field.dataset.in === "query" && value !== "") query.set(name, value);
		else if (field.dataset.in === "header" && value !== "") headers[name] = value;
		else if (field.dataset.in === "body") {
			headers["Content-Type"] = form.dataset.type;
			body = value;
		} else if (field.dataset.in === "file") {
			body = new FormData();
			body.set(name, field.files[0]);
		}
	}
	if ([...query].length) path += `?${query}`;
	return [path, { method: form.dataset.method, headers, body, credentials: "omit", cache: "no-store", redirect: "manual" }];
}

const shown = ["content-type", "retry-after", "idempotency-replayed", "x-request-id"];

function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}

async function send(form) {
	const say = $(".try-status", form);
	const box = $(".try-answer", form);
	const button = $("button:not(.small)", form);
	if (!key.value.trim()) {
		say.className = "try-status bad";
		say.textContent = w("docs.nokey");
		say.dir = "auto";
		key.focus();
		return;
	}
	say.className = "try-status";
	say.textContent = w("docs.sending");
	button.disabled = true;
	const from = performance.now();
	try {
		const answer = await fetch(...request(form));
		const text = await answer.text();
		say.dir = "ltr";
		say.className = `try-status ${answer.ok ? "good" : "bad"}`;
		say.textContent = `${answer.status} ${answer.statusText} · ${Math.round(performance.now() - from)} ms`;
		const lines = shown.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
		$("code", box).textContent = [lines.join("\n"), pretty(text)].filter(Boolean).join("\n\n");
		box.hidden = false;
	} catch {
		say.dir = "auto";
		say.className = "try-status bad";
		say.textContent = w("docs.unreached");
		box.hidden = true;
	} finally {
		button.disabled = false;
	}
}
document.addEventListener("submit", (e) => {
	if (!e.target.matches("[data-try]")) return;
	e.preventDefault();
	send(e.target);
});
