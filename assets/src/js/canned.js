// A / at the start of a reply offers quick replies, filled in for the conversation.
import { $, $$, post, toast, w } from "./util.js";

const box = () => $("#canned");
const all = () => $$("[role=option]", box() ?? document.createElement("i"));
const hole = /\[\[[^\]\n]*\]\]|\{\{\s*(?:contact|agent|org)\.name\s*\}\}/;
let asking = null; // the search under way
let browsing = false; // opened by the button: what is written stays
let eager = false; // Enter was pressed before the answer came

// typed is what stands between a / at the start and the caret, or null.
function typed(field) {
	const m = /^\/([^\n]{0,60})$/.exec(field.value.slice(0, field.selectionStart));
	return m && m[1];
}

export function close() {
	asking?.abort();
	asking = null;
	browsing = eager = false;
	const b = box();
	if (!b || b.hidden) return;
	b.hidden = true;
	$("#body")?.removeAttribute("aria-activedescendant");
}

/** options shows what fits the text behind the slash. */
export function options(field) {
	const q = typed(field);
	if (q == null) close();
	else show(field, q);
}

/** browse shows everything, at the press of the button. */
export function browse(field) {
	const open = !box().hidden;
	close();
	if (open) return;
	browsing = true;
	field.focus();
	show(field, "");
}

async function show(field, q) {
	asking?.abort();
	const mine = (asking = new AbortController());
	const b = box();
	try {
		const answer = await fetch(`${b.dataset.load}?q=${encodeURIComponent(q)}`, { headers: { "X-Fragment": "1" }, signal: mine.signal });
		if (!answer.ok) throw answer;
		const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
		b.replaceChildren(...doc.body.childNodes);
		b.hidden = !b.children.length;
		for (const o of all()) {
			o.onmousedown = (e) => {
				e.preventDefault();
				pick(field, o);
			};
		}
		mark(field, 0);
		if (eager && all().length) pick(field, all()[0]);
	} catch (e) {
		if (mine.signal.aborted) return;
		b.hidden = true;
	}
	if (asking !== mine) return;
	asking = null;
	eager = false;
}

function mark(field, at) {
	all().forEach((o, i) => {
		o.setAttribute("aria-selected", String(i === at));
		if (i !== at) return;
		o.scrollIntoView({ block: "nearest" });
		field.setAttribute("aria-activedescendant", o.id);
	});
}

function pick(field, o) {
	const from = browsing ? field.selectionStart : 0;
	field.setRangeText(o.dataset.text, from, field.selectionEnd, "end");
	const end = field.selectionEnd;
	post(`${box().dataset.load}/${o.dataset.id}`, {}).catch(() => {});
	close();
	field.focus();
	field.dispatchEvent(new Event("input", { bubbles: true }));
	if (o.dataset.files) document.dispatchEvent(new CustomEvent("badala:attach", { detail: JSON.parse(o.dataset.files) }));
	const m = hole.exec(field.value.slice(from, end));
	if (m) field.setSelectionRange(from + m.index, from + m.index + m[0].length);
}

/** gap says whether a value is still missing in a text, and leads there. */
export function gap(field) {
	const m = hole.exec(field.value);
	if (!m) return false;
	toast(w("gap", m[0]));
	field.focus();
	field.setSelectionRange(m.index, m.index + m[0].length);
	return true;
}

/** choose handles a key while the list is open or about to be; it says whether it did. */
export function choose(e, field) {
	const list = all();
	const at = list.findIndex((o) => o.getAttribute("aria-selected") === "true");
	const open = !box().hidden;
	if (e.key === "Escape" && (open || asking)) close();
	else if (asking && (e.key === "Enter" || e.key === "Tab")) eager = true;
	else if (!open || !list.length) return false;
	else if (e.key === "ArrowDown" || e.key === "ArrowUp") mark(field, (at + (e.key === "ArrowDown" ? 1 : list.length - 1)) % list.length);
	else if ((e.key === "Enter" || e.key === "Tab") && !e.shiftKey) pick(field, list[at]);
	else return false;
	e.preventDefault();
	return true;
}

document.addEventListener("focusout", (e) => e.target.id === "body" && !e.relatedTarget?.closest?.("#canned, [data-canned]") && close());
