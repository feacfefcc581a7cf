// Forms that act in place: actions, inline edits, reactions, the panel.
import { $, $$, post, toast, w, why } from "./util.js";
import { act } from "./live.js";

async function action(form, button) {
	const data = new FormData(form, button);
	const conv = $("#thread .thread")?.dataset.conv;
	if ("leave" in form.dataset) document.body.dataset.leaving = conv;
	if (button) button.disabled = true;
	const undo = form.dataset.undo && (() => act(form.dataset.undo, {}));
	const ok = await act(form.getAttribute("action"), data, { done: form.dataset.done, undo });
	if (button) button.disabled = false;
	form.closest("[popover]")?.hidePopover();
	if (form.matches("[popover]")) form.hidePopover();
	if (!ok) return;
	if ("clear" in form.dataset) form.reset();
	if ("leave" in form.dataset) $(".back")?.click();
}

async function saveField(field) {
	const form = field.form;
	delete field.dataset.dirty;
	try {
		const answer = await post(form.getAttribute("action"), { [field.name]: field.value });
		field.toggleAttribute("aria-invalid", false);
		if (answer.ok) {
			field.defaultValue = field.value;
			toast(w("saved"));
			return;
		}
		field.setAttribute("aria-invalid", "true");
		toast(await why(answer));
	} catch {
		field.dataset.dirty = "1";
		toast(w("failed"));
	}
}

let reacting = null;
function openReactions(button) {
	const menu = $("#react-menu");
	reacting = button.dataset.react;
	menu.anchor = button;
	menu.showPopover();
	menu.firstElementChild.focus();
}

function panel(open) {
	const shell = $("#shell");
	if (open) shell.dataset.panel = "open";
	else delete shell.dataset.panel;
	$(open ? "[data-panel-close]" : "[data-panel-open]")?.focus();
}

const SECTIONS = "sections";
function remember(e) {
	if (!e.target.matches?.("details.section")) return;
	const all = JSON.parse(localStorage.getItem(SECTIONS) || "{}");
	all[e.target.id] = e.target.open;
	localStorage.setItem(SECTIONS, JSON.stringify(all));
}

/** start readies a panel that was just drawn. */
export function start() {
	const all = JSON.parse(localStorage.getItem(SECTIONS) || "{}");
	for (const d of $$("details.section")) if (d.id in all) d.open = all[d.id];
}

export function listen() {
	document.addEventListener("submit", (e) => {
		const form = e.target;
		if (form.matches("[data-action]")) {
			e.preventDefault();
			action(form, e.submitter);
		} else if (form.id === "react-menu") {
			e.preventDefault();
			form.hidePopover();
			if (reacting) act(reacting, new FormData(form, e.submitter));
		} else if (form.matches("[data-inline]")) e.preventDefault();
	});
	document.addEventListener("change", (e) => {
		const form = e.target.form;
		if (!form) return;
		if (form.matches("[data-inline]")) saveField(e.target);
		else if (form.matches("[data-auto], [data-auto-submit]")) form.requestSubmit();
	});
	document.addEventListener("input", (e) => {
		if (e.target.form?.matches("[data-inline]")) e.target.dataset.dirty = "1";
	});
	document.addEventListener("keydown", (e) => {
		if (e.key === "Enter" && e.target.form?.matches("[data-inline]") && e.target.localName === "input") e.target.blur();
		if (e.key === "Escape" && $("#shell")?.dataset.panel) panel(false);
	});
	document.addEventListener("click", (e) => {
		const react = e.target.closest("[data-react]");
		if (react) openReactions(react);
		if (e.target.closest("[data-panel-open]")) panel(true);
		if (e.target.closest("[data-panel-close]")) panel(false);
	});
	document.addEventListener("toggle", remember, true);
}
