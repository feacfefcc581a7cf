// The conversation list: arrow keys, further pages, search as you type.
import { $, $$ } from "./util.js";

const links = () => $$("#rows > li > a");

/** rove leaves one row in the tab order. */
export function rove(active) {
	const all = links();
	const one = active || all.find((a) => a === document.activeElement) || all.find((a) => a.hasAttribute("aria-current")) || all[0];
	for (const a of all) a.tabIndex = a === one ? 0 : -1;
}

/** step is the row n places from the focused or open one. */
export function step(n) {
	const all = links();
	const at = all.findIndex((a) => a === document.activeElement);
	const open = at < 0 ? all.findIndex((a) => a.hasAttribute("aria-current")) : at;
	return all[Math.max(0, Math.min(all.length - 1, open < 0 ? 0 : open + n))];
}

let loading = false;
async function more(link) {
	if (loading || !link.dataset.more) return;
	loading = true;
	try {
		const ul = $("#rows");
		const query = ul.dataset.query;
		const answer = await fetch(link.dataset.more, { headers: { "X-Fragment": "1" } });
		if (!answer.ok || ul.dataset.query !== query) return;
		const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
		const fresh = $$("li", doc).filter((li) => !document.getElementById(li.id));
		ul.append(...fresh);
		$("#list-end").replaceWith($("#list-end", doc));
		window.htmx?.process(ul);
		rove();
	} finally {
		loading = false;
		watch();
	}
}

const sight = new IntersectionObserver((seen) => seen.forEach((s) => s.isIntersecting && more(s.target)), { rootMargin: "400px" });
function watch() {
	sight.disconnect();
	const link = $("#more");
	if (link) sight.observe(link);
}

let timer = 0;
let searching = "";

// search draws the rows that fit what is in the box; only the newest answer counts.
async function search(form) {
	clearTimeout(timer);
	const query = new URLSearchParams([...new FormData(form)].filter(([, v]) => v));
	const conv = $("#thread .thread")?.dataset.conv;
	if (conv) query.set("conv", conv);
	const url = `/inbox?${query}`;
	searching = url;
	const answer = await fetch(url);
	if (!answer.ok || url !== searching) return;
	const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
	if (url !== searching) return;
	for (const id of ["list-scroll", "counts"]) document.getElementById(id).replaceWith(doc.getElementById(id));
	if (!conv) history.replaceState(history.state, "", url);
	window.htmx?.process($("#list"));
	start();
}

/** start readies a list that was just drawn. */
export function start() {
	rove();
	watch();
}

export function listen() {
	document.addEventListener("focusin", (e) => {
		const a = e.target.closest?.("#rows > li > a");
		if (a) rove(a);
	});
	document.addEventListener("input", (e) => {
		if (e.target.id !== "search") return;
		clearTimeout(timer);
		timer = setTimeout(() => search(e.target.form), 250);
	});
	document.addEventListener("submit", (e) => {
		if (!e.target.matches(".search")) return;
		e.preventDefault();
		search(e.target);
	});
}
