// Contacts: search as you type, further rows, selection, changes of many.
import { $, $$ } from "./util.js";

const book = $("[data-book]");
const read = (text) => new DOMParser().parseFromString(text, "text/html");
const number = new Intl.NumberFormat("en-US");

// Rows that are further down come when they are nearly in sight.
let loading = false;
const sight = new IntersectionObserver((seen) => seen.forEach((s) => s.isIntersecting && more(s.target)), { rootMargin: "600px" });

function watch() {
	sight.disconnect();
	const link = $("#contacts-more");
	if (link) sight.observe(link);
}

async function more(link) {
	const table = $("#people");
	if (loading || !table) return;
	loading = true;
	try {
		const { query } = table.dataset;
		const answer = await fetch(link.dataset.more, { headers: { "X-Fragment": "1" } });
		if (!answer.ok || $("#people")?.dataset.query !== query) return;
		const doc = read(await answer.text());
		table.tBodies[0].append(...$$("tbody > tr", doc).filter((tr) => !document.getElementById(tr.id)));
		$("#contacts-end").replaceWith($("#contacts-end", doc));
		count();
	} catch {
		// the link stays, and can be clicked
	} finally {
		loading = false;
		watch();
	}
}

// show draws the list of an address; only the newest answer counts.
let wanted = "";
async function show(url, keep) {
	wanted = url;
	const answer = await fetch(url).catch(() => null);
	if (!answer?.ok || wanted !== url) return;
	const doc = read(await answer.text());
	if (wanted !== url || !$("#contact-list", doc)) return;
	for (const id of ["contact-list", "contact-count", "contact-filters", "contact-menu"]) {
		const fresh = doc.getElementById(id);
		if (fresh) document.getElementById(id)?.replaceWith(fresh);
	}
	const bar = $("#bulk", doc);
	if (!bar) $("#bulk")?.remove();
	else if ($("#bulk")) $("#bulk").replaceWith(bar);
	else book.append(bar);
	if (!keep) history.replaceState(history.state, "", url);
	start();
}

const address = (form) => {
	const query = new URLSearchParams([...new FormData(form)].filter(([, v]) => v));
	return query.size ? `/contacts?${query}` : "/contacts";
};

let timer = 0;
function search(form) {
	clearTimeout(timer);
	const words = $("[name=q]", form).value;
	for (const other of $$(".sort, #contact-filters")) {
		let field = $("[name=q]", other);
		if (!field) other.append((field = Object.assign(document.createElement("input"), { type: "hidden", name: "q" })));
		field.value = words;
	}
	show(address(form));
}

// count tells how many are ticked.
const picks = () => $$(".pick");
function count() {
	const all = $("[data-all]");
	const label = $("[data-picked]");
	const ticked = picks().filter((p) => p.checked).length;
	if (label) label.textContent = ticked ? `${label.dataset.one}: ${number.format(ticked)}` : label.dataset.one;
	const head = $("[data-pick-all]");
	if (head) {
		head.hidden = false;
		head.checked = ticked > 0 && ticked === picks().length;
		head.indeterminate = ticked > 0 && !head.checked;
	}
	if (!ticked && all) all.checked = false;
	const clear = $("[data-unpick]");
	if (clear) clear.hidden = false;
}

function tick(boxes, on) {
	for (const p of boxes) p.checked = on;
	count();
}

// Shift and a click tick all between the last one and this one.
let last = null;
function range(box) {
	const all = picks();
	const [a, b] = [all.indexOf(last), all.indexOf(box)].sort((x, y) => x - y);
	if (a >= 0) tick(all.slice(a, b + 1), box.checked);
}

function step(n) {
	const links = $$(".who-link");
	const at = links.indexOf(document.activeElement);
	links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + n))]?.focus();
}

function key(e) {
	if (e.ctrlKey || e.metaKey || e.altKey) return;
	if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox") return;
	const act = { Slash: () => $("#contact-search")?.focus(), KeyJ: () => step(1), KeyK: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), KeyX: () => document.activeElement.closest("tr")?.querySelector(".pick")?.click() }[e.code];
	if (!act || (e.shiftKey && e.code === "Slash")) return;
	if (e.code.startsWith("Arrow") && !document.activeElement.closest("#people")) return;
	e.preventDefault();
	act();
}

// enter makes the key do what the menu says in which it is pressed.
function enter(e) {
	const menu = document.activeElement?.closest("[data-enter]");
	if (!menu || menu.contains(e.submitter)) return;
	e.preventDefault();
	setTimeout(() => e.target.requestSubmit($("button[name=do]", menu))); // not while it is being submitted
}

// When a change of many ends, the list shows what became of it.
function follow() {
	const card = $("[data-book-work]");
	if (!card || $("[data-done]", card)) return;
	new MutationObserver((_, observer) => {
		if (!$("[data-done]", card)) return;
		observer.disconnect();
		show(location.href, true);
	}).observe(card, { childList: true, subtree: true });
}

function start() {
	watch();
	count();
}

if (book) {
	document.addEventListener("input", (e) => {
		if (e.target.id !== "contact-search") return;
		clearTimeout(timer);
		timer = setTimeout(() => search(e.target.form), 250);
	});
	document.addEventListener("submit", (e) => {
		if (e.target.matches("[data-book-search]")) {
			e.preventDefault();
			search(e.target);
		} else if (e.target.matches(".bulk-bar")) enter(e);
	});
	document.addEventListener("click", (e) => {
		if (e.target.matches(".pick")) {
			if (e.shiftKey && last) range(e.target);
			last = e.target;
		}
		if (e.target.closest("[data-unpick]")) tick(picks(), false);
	});
	document.addEventListener("change", (e) => {
		if (e.target.matches("[data-pick-all]")) tick(picks(), e.target.checked);
		else if (e.target.matches("[data-all]") && e.target.checked) tick(picks(), true);
		else if (e.target.matches(".pick")) {
			if (!e.target.checked) $("[data-all]").checked = false;
			count();
		}
	});
	document.addEventListener("keydown", key);
	follow();
	start();
}
