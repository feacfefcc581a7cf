// Templates: one is made with its preview beside it, and one is chosen, filled in
// and sent; in the inbox that is done in a dialog.
import { $, $$, currentConv, el, icon, toast, w, why } from "./util.js";
import { morphInner } from "./morph.js";

const read = (text) => new DOMParser().parseFromString(text, "text/html");
const ask = (url, body) => fetch(url, { method: body ? "POST" : "GET", body, headers: { "X-Fragment": "1" } });

let dialog = null;
const inDialog = (node) => dialog?.contains(node);

// fields are what a form holds; files go only when they are asked for.
function fields(form, act, files) {
	const data = new FormData(form);
	for (const [name, value] of [...data]) if (value instanceof File && (!files || !value.size)) data.delete(name);
	data.set("do", act);
	return data;
}

// preview draws a form's message anew; only the newest answer counts.
const asked = new WeakMap();
async function preview(form) {
	const mine = {};
	asked.set(form, mine);
	const answer = await ask(form.getAttribute("action"), fields(form, "preview")).catch(() => null);
	if (!answer?.ok) return;
	const doc = read(await answer.text());
	if (asked.get(form) !== mine) return;
	for (const box of $$("#draft-preview, #write-preview", form)) {
		const fresh = doc.getElementById(box.id);
		if (fresh) morphInner(box, fresh);
	}
	for (const box of $$("[data-examples]", form)) {
		const fresh = doc.getElementById(box.id);
		if (fresh && !box.contains(document.activeElement)) morphInner(box, fresh);
	}
}

const timers = new WeakMap();
function soon(form) {
	clearTimeout(timers.get(form));
	timers.set(form, setTimeout(() => preview(form), 300));
}

// redraw shows a form as a press on one of its buttons makes it.
async function redraw(form, act, button) {
	asked.set(form, {});
	clearTimeout(timers.get(form));
	if (button) button.disabled = true;
	const answer = await ask(form.getAttribute("action"), fields(form, act, true)).catch(() => null);
	if (button) button.disabled = false;
	if (!answer || !(answer.headers.get("Content-Type") || "").startsWith("text/html")) return toast(answer ? await why(answer) : w("failed"));
	show(form, read(await answer.text()), act);
}

function show(form, doc, act) {
	const focus = document.activeElement?.id;
	const part = form.matches("[data-draft]") ? "#draft-fields" : ".write";
	const old = form.closest(part) ?? $(part, form);
	const fresh = $(part, doc);
	if (!fresh) return;
	if (form.matches("[data-draft]")) morphInner($("#draft-preview", form), $("#draft-preview", doc));
	old.replaceWith(fresh);
	ready(fresh);
	const [what, at] = act.split(/:(.*)/);
	const next =
		(what === "button" && $$(".tpl-button", fresh).filter((b) => $(`[name^="${at}button."]`, b)).at(-1)?.querySelector("input:not([type=hidden])")) ||
		(what === "draft" && document.getElementById(`w-${at}`)) ||
		$("[aria-invalid]", fresh) ||
		(focus && document.getElementById(focus)) ||
		$("[role=alert]", fresh);
	if (next?.matches("[role=alert]")) next.tabIndex = -1;
	next?.focus();
}

// ready hides what is needed only where no script runs.
function ready(root) {
	for (const b of $$("[data-plain]", root)) b.hidden = true;
}

// variable puts the next one where the caret is.
function variable(button) {
	const text = document.getElementById(`d-${button.dataset.variable}`);
	const have = new Set([...text.value.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((m) => m[1]));
	const named = text.form.elements.format?.value !== "POSITIONAL";
	let n = have.size + 1;
	const name = () => (named ? `text_${n}` : String(n));
	while (have.has(name())) n++;
	const from = text.selectionStart;
	text.setRangeText(`{{${name()}}}`, from, text.selectionEnd, "end");
	text.focus();
	if (named) text.setSelectionRange(from + 2, from + 2 + name().length);
	text.dispatchEvent(new Event("input", { bubbles: true }));
}

async function send(form, button) {
	button.disabled = true;
	clearTimeout(timers.get(form));
	const answer = await ask(form.getAttribute("action"), fields(form, "send", true)).catch(() => null);
	button.disabled = false;
	if (answer?.status === 201) return sent(await answer.json());
	if (answer?.status === 422 && (answer.headers.get("Content-Type") || "").startsWith("text/html")) return show(form, read(await answer.text()), "send");
	toast(answer ? await why(answer) : w("failed"));
}

function sent(made) {
	if (made.conv !== currentConv()) return location.assign(made.url);
	const body = $("#body");
	if (made.used && body) {
		body.value = "";
		body.dispatchEvent(new Event("input", { bubbles: true }));
	}
	dialog?.close();
	toast(w("template"));
	return null;
}

let searching = null;
async function search(form) {
	searching?.abort();
	const mine = (searching = new AbortController());
	const query = new URLSearchParams(new FormData(form));
	const answer = await fetch(`${form.getAttribute("action")}?${query}`, { headers: { "X-Fragment": "1" }, signal: mine.signal }).catch(() => null);
	const fresh = answer?.ok && $("#write-list", read(await answer.text()));
	if (fresh && searching === mine) $("#write-list")?.replaceWith(fresh);
}

async function star(form) {
	const button = $("button", form);
	const on = form.elements.on;
	const answer = await ask(form.getAttribute("action"), new URLSearchParams(new FormData(form))).catch(() => null);
	if (!answer?.ok) return toast(w("failed"));
	const now = on.value === "true";
	on.value = String(!now);
	button.setAttribute("aria-pressed", String(now));
	button.classList.toggle("on", now);
	return null;
}

// load shows a step in the dialog. The draft goes along, but never in an address.
async function load(url, start) {
	const body = $(".write-body", dialog);
	body.setAttribute("aria-busy", "true");
	const answer = await ask(url, start && new URLSearchParams({ do: "start", draft: $("#body")?.value ?? "" })).catch(() => null);
	if (!answer || !(answer.headers.get("Content-Type") || "").startsWith("text/html")) {
		toast(answer ? await why(answer) : w("failed"));
		if (!body.children.length) dialog.close();
		return;
	}
	const fresh = $(".write", read(await answer.text()));
	if (!fresh) return location.assign(url);
	body.replaceChildren(fresh);
	body.removeAttribute("aria-busy");
	body.scrollTop = 0;
	ready(body);
	$("h2", dialog).textContent = fresh.dataset.title;
	if (!dialog.open) dialog.showModal();
	(matchMedia("(pointer: coarse)").matches ? $("h2", dialog) : $(".write input:not([type=hidden], [type=file]), .write select, .write .btn", dialog) ?? $("h2", dialog)).focus();
	return null;
}

/** open begins the way to a template in a dialog. */
export async function open(url) {
	const from = document.activeElement;
	if (!$("link[data-template]")) {
		const style = el("link", { rel: "stylesheet", href: new URL("./template.css", import.meta.url).href, "data-template": true });
		document.head.append(style);
		await new Promise((done) => (style.onload = style.onerror = done));
	}
	dialog?.remove();
	const close = el("button", { type: "button", class: "icon-btn", "aria-label": w("dismiss"), title: w("dismiss"), onclick: () => dialog.close() }, icon("x"));
	dialog = el("dialog", { class: "write-dialog", "aria-labelledby": "write-title" },
		el("header", { class: "bar" }, el("h2", { id: "write-title", class: "title", tabindex: "-1" }), el("span", { class: "grow" }), close), el("div", { class: "write-body" }));
	dialog.onclose = () => {
		dialog.remove();
		dialog = null;
		(from?.isConnected ? from : $("#body"))?.focus();
	};
	document.body.append(dialog);
	await load(url);
}

document.addEventListener("input", (e) => {
	const form = e.target.form;
	if (e.target.type === "file" || !form) return;
	if (form.matches("[data-draft], [data-fill]")) soon(form);
	else if (form.matches("[data-pick]")) {
		clearTimeout(timers.get(form));
		timers.set(form, setTimeout(() => search(form), 200));
	}
});
document.addEventListener("change", (e) => {
	const form = e.target.form;
	if (!form?.matches("[data-draft], [data-fill]")) return;
	if (e.target.type === "file" || e.target.matches("[data-shape], [name=shape], [name=format], [name=otp]")) redraw(form, "preview");
});
document.addEventListener("submit", (e) => {
	const form = e.target;
	const act = e.submitter?.value ?? "preview";
	if (form.matches("[data-star]")) {
		e.preventDefault();
		star(form);
	} else if (form.matches("[data-draft], [data-fill]")) {
		if (act === "submit" || (act === "send" && !inDialog(form))) return;
		e.preventDefault();
		if (act === "send") send(form, e.submitter);
		else redraw(form, act, e.submitter);
	} else if (inDialog(form) && form.matches("[data-pick]")) {
		e.preventDefault();
		$("#write-list a")?.click();
	} else if (inDialog(form) && form.matches("[data-step]")) {
		e.preventDefault();
		load(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
	}
});
document.addEventListener("click", (e) => {
	const add = e.target.closest("[data-variable]");
	if (add) {
		e.preventDefault();
		return variable(add);
	}
	if (!inDialog(e.target) || e.ctrlKey || e.metaKey) return null;
	const step = e.target.closest("a[data-step]");
	if (step) {
		e.preventDefault();
		load(step.href, !!step.closest("#write-list"));
	} else if (e.target.closest("[data-write-close]")) {
		e.preventDefault();
		dialog.close();
	}
	return null;
});
document.addEventListener("keydown", (e) => {
	if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
	const all = $$("#write-list a");
	const at = all.indexOf(document.activeElement);
	if (!all.length || (at < 0 && document.activeElement?.id !== "w-q")) return;
	e.preventDefault();
	const next = at + (e.key === "ArrowDown" ? 1 : -1);
	if (next < 0) $("#w-q")?.focus();
	else all[Math.min(next, all.length - 1)].focus();
});
ready(document);
