// Single keys, by place on the keyboard so that an Arabic layout works too.
import { $, $$, typing } from "./util.js";
import { mode } from "./composer.js";
import { step } from "./list.js";

const press = (selector) => $(selector)?.click();

const single = {
	KeyJ: () => step(1)?.focus(),
	KeyK: () => step(-1)?.focus(),
	ArrowDown: () => step(1)?.focus(),
	ArrowUp: () => step(-1)?.focus(),
	KeyU: () => $("#rows a[aria-current]")?.focus() ?? press(".back"),
	KeyR: () => mode("reply", true),
	KeyN: () => mode("note", true),
	KeyE: (e) => resolve(e.shiftKey),
	KeyA: () => press("#assign"),
	KeyI: () => press("[data-assign-me]"),
	KeyL: () => $("#tag-add")?.focus(),
	KeyS: () => press("[popovertarget=more-menu]"),
	KeyM: () => press("#more-menu form[data-leave] button"),
	Slash: () => $("#search")?.focus(),
};

// resolve closes the conversation; with next it goes on to the following row.
function resolve(next) {
	const row = next && $("#rows a[aria-current]")?.parentElement.nextElementSibling?.querySelector("a");
	press('#head-live form[action$="/close"] button');
	row?.click();
}

let g = 0;
const places = { KeyI: "/inbox", KeyC: "/settings/channels", KeyT: "/settings/members" };

function key(e) {
	if (e.defaultPrevented || e.isComposing || e.ctrlKey || e.metaKey) return;
	if (e.altKey && (e.code === "ArrowUp" || e.code === "ArrowDown") && $("#rows")) {
		e.preventDefault();
		step(e.code === "ArrowDown" ? 1 : -1)?.click();
		return;
	}
	if (e.altKey || typing(e.target) || $("dialog[open]")) return;
	const menu = e.target.closest?.("[popover]");
	if (menu) {
		if (/^Arrow(Down|Up)$/.test(e.code)) {
			e.preventDefault();
			const all = $$(":is(a, button, select, input):not(details *), summary", menu);
			all.at((all.indexOf(document.activeElement) + (e.code === "ArrowDown" ? 1 : -1)) % all.length)?.focus();
		}
		return;
	}
	if (!$("#rows")) return;
	if (/^Arrow/.test(e.code) && !e.target.closest?.("#rows")) return;
	if (Date.now() - g < 1200 && places[e.code]) {
		location.href = places[e.code];
		return;
	}
	if (e.code === "KeyG") g = Date.now();
	const act = single[e.code];
	if (!act || (e.shiftKey && e.code !== "KeyE")) return;
	e.preventDefault();
	act(e);
}

export function listen() {
	document.addEventListener("keydown", key);
}
