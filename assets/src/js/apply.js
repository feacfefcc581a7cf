// Putting the server's HTML in place without touching what a person is doing.
import { $, $$ } from "./util.js";
import { morph, morphInner } from "./morph.js";
import { changed as threadChanged, regroup } from "./thread.js";
import { rove } from "./list.js";

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

/** apply puts an answer of /changes in place. Applying it twice changes nothing. */
export function apply(html, conv) {
	const doc = parse(html);
	const part = (name) => $(`template[data-part="${name}"]`, doc);
	list(part("rows"), part("list-end"));
	inner("counts", part("counts"));
	title();
	if (!conv || conv !== $("#thread .thread")?.dataset.conv) return;
	const bubbles = part("bubbles");
	if (bubbles) threadChanged(() => bubbles.content && $$(".m", bubbles.content).map(putBubble));
	for (const gone of $$("[data-removed]", doc)) document.getElementById(`m-${gone.dataset.removed}`)?.remove();
	const head = part("head-live");
	if (head) {
		const composer = $("#composer");
		if (composer) {
			composer.dataset.until = head.dataset.until;
			composer.dataset.window = head.dataset.window;
		}
	}
	for (const name of ["head-live", "panel-name", "panel-live", "panel-more"]) inner(name, part(name));
	fields(part("fields"));
	document.dispatchEvent(new CustomEvent("badala:changed"));
}

function inner(id, template) {
	const target = document.getElementById(id);
	if (!template || !target) return;
	morphInner(target, template.content);
	window.htmx?.process(target);
}

/** putBubble shows one message: in the place of its older self, or where its time belongs. */
export function putBubble(next) {
	const log = $("#msgs");
	const old = document.getElementById(next.id) || (next.dataset.client && $(`[data-client="${CSS.escape(next.dataset.client)}"]`, log));
	if (old && old.id === next.id) {
		if (Number(next.dataset.rev) < Number(old.dataset.rev)) return null;
		const moved = old.dataset.at !== next.dataset.at || old.dataset.order !== next.dataset.order;
		if (old.classList.contains("cont")) next.classList.add("cont");
		morph(old, next);
		if (moved) place(log, old);
		return null;
	}
	old?.remove();
	return place(log, next) ? next : null;
}

const later = (a, b) => Number(a.dataset.at) - Number(b.dataset.at) || Number(a.dataset.order) - Number(b.dataset.order);

// place inserts by time; what belongs before the oldest loaded page stays away.
function place(log, li) {
	const all = $$(".m", log).filter((m) => m !== li);
	let i = all.length;
	while (i > 0 && later(all[i - 1], li) > 0) i--;
	if (i === 0 && all.length && $("#older", log)) {
		li.remove();
		return false;
	}
	if (i === all.length) log.append(li);
	else all[i].before(li);
	return true;
}

function list(rows, end) {
	const ul = $("#rows");
	if (!rows || !ul) return;
	keepScroll($("#list-scroll"), () => {
		const focus = document.activeElement?.closest?.("#rows li")?.id;
		morphInner(ul, rows.content);
		select();
		rove();
		if (focus && !document.activeElement?.closest("#rows")) document.getElementById(focus)?.querySelector("a")?.focus({ preventScroll: true });
	});
	const tail = end && $("#list-end", end.content);
	if (tail) morph($("#list-end"), tail);
	window.htmx?.process(ul);
}

// keepScroll leaves the first visible row where it is.
function keepScroll(box, change) {
	const top = box.getBoundingClientRect().top;
	const first = box.scrollTop > 0 && $$("#rows > li").find((li) => li.getBoundingClientRect().bottom > top);
	const offset = first && first.getBoundingClientRect().top;
	change();
	if (first && first.isConnected) box.scrollTop += first.getBoundingClientRect().top - offset;
}

/** select marks the open conversation in the list. */
export function select() {
	const conv = $("#thread .thread")?.dataset.conv;
	for (const a of $$("#rows a[aria-current]")) if (a.parentElement.id !== `conv-${conv}`) a.removeAttribute("aria-current");
	if (conv) document.getElementById(`conv-${conv}`)?.querySelector("a")?.setAttribute("aria-current", "true");
}

// fields follow the server unless somebody is in them or has changed them.
function fields(template) {
	if (!template) return;
	for (const next of $$("input[id], select[id], textarea[id]", template.content)) {
		const field = document.getElementById(next.id);
		if (!field || field === document.activeElement || field.dataset.dirty) continue;
		if (next.localName === "select") field.value = next.value;
		else if (next.name !== "add") field.value = next.value;
	}
}

const plain = document.title;
/** title carries the number of unread conversations. */
export function title() {
	const n = Number($("#counts [data-unread]")?.dataset.unread || 0);
	document.title = n ? `(${n}) ${plain}` : plain;
	for (const dot of $$("[data-unread-dot]")) dot.hidden = !n;
}

/** refresh draws everything anew from this page's own address. */
export async function refresh() {
	const answer = await fetch(location.href);
	if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
		location.reload();
		return null;
	}
	if (!answer.ok) return null;
	const doc = parse(await answer.text());
	for (const id of ["rows", "list-end", "counts", "head-live", "panel-name", "panel-live", "panel-more"]) {
		const from = document.getElementById(id);
		const to = doc.getElementById(id);
		if (from && to) morphInner(from, to);
	}
	const msgs = doc.getElementById("msgs");
	if (msgs && $("#msgs")) threadChanged(() => $$(".m", msgs).map(putBubble));
	select();
	regroup();
	title();
	window.htmx?.process(document.body);
	return doc.body.dataset;
}
