// @ in a note offers teammates; what is sent carries their ids.
import { $, $$, el } from "./util.js";

const list = () => $("#mentions");
const members = () => $$("#members li").map((li) => ({ id: li.dataset.id, name: li.textContent }));

// word is the @… before the caret, and where it begins.
function word(field) {
	const before = field.value.slice(0, field.selectionStart);
	const m = /(^|\s)@([^\s@]*)$/.exec(before);
	return m && { text: m[2].toLowerCase(), at: before.length - m[2].length - 1 };
}

export function close() {
	const l = list();
	if (l) l.hidden = true;
}

/** options shows who fits what stands before the caret. */
export function options(field) {
	const found = word(field);
	const l = list();
	const fit = found ? members().filter((m) => m.name.toLowerCase().includes(found.text)).slice(0, 6) : [];
	l.hidden = !fit.length;
	l.replaceChildren(...fit.map((m, i) => el("div", { role: "option", "aria-selected": String(!i), "data-name": m.name, onmousedown: (e) => { e.preventDefault(); pick(field, m.name); } }, el("bdi", {}, m.name))));
}

function pick(field, name) {
	const found = word(field);
	if (found) field.setRangeText(`@${name} `, found.at, field.selectionStart, "end");
	close();
	field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** choose handles a key while names are shown; it says whether it did. */
export function choose(e, field) {
	const l = list();
	if (!l || l.hidden) return false;
	const all = $$("[role=option]", l);
	const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
	if (e.key === "ArrowDown" || e.key === "ArrowUp") {
		const next = (at + (e.key === "ArrowDown" ? 1 : all.length - 1)) % all.length;
		all.forEach((o, i) => o.setAttribute("aria-selected", String(i === next)));
	} else if (e.key === "Enter" || e.key === "Tab") pick(field, all[at].dataset.name);
	else if (e.key === "Escape") close();
	else return false;
	e.preventDefault();
	return true;
}
