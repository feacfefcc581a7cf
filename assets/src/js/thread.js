// The open thread: staying at the end, older pages, quotes, days and groups.
import { $, $$, el, post, w } from "./util.js";

const NEAR = 80;
const GROUP = 5 * 60000;
let stuck = true;
let fresh = 0;

const log = () => $("#log");
const gap = (box) => box.scrollHeight - box.scrollTop - box.clientHeight;

function toEnd() {
	const box = log();
	if (!box) return;
	box.scrollTop = box.scrollHeight;
	stuck = true;
	counter(0);
}

function counter(n) {
	fresh = n;
	const button = $("#jump");
	if (!button) return;
	button.hidden = stuck || (!n && gap(log()) < 400);
	button.firstElementChild.textContent = n ? w("new", n) : "";
}

/** changed runs a change of the messages and keeps the reader's place; put gives the new ones. */
export function changed(put) {
	const box = log();
	if (!box) return;
	const wasEnd = gap(box) <= NEAR;
	const top = box.getBoundingClientRect().top;
	const anchor = !wasEnd && $$(".m", box).find((m) => m.getBoundingClientRect().bottom > top);
	const offset = anchor && anchor.getBoundingClientRect().top;
	const news = (put() || []).filter(Boolean);
	regroup();
	window.htmx?.process($("#msgs"));
	if (wasEnd) toEnd();
	else if (anchor?.isConnected) box.scrollTop += anchor.getBoundingClientRect().top - offset;
	const inbound = news.filter((m) => m.classList.contains("in")).length;
	if (!wasEnd && inbound) counter(fresh + inbound);
	if (inbound) read();
}

/** regroup sets what depends on neighbours: groups and day pills. */
export function regroup() {
	const list = $("#msgs");
	if (!list) return;
	const days = new Map($$(".day", list).map((d) => [d.id, d]));
	let above = null;
	for (const m of $$(".m", list)) {
		const d = m.dataset;
		const fresh = !above || above.dataset.day !== d.day;
		if (fresh && d.day) {
			const id = `day-${d.day}`;
			const pill = days.get(id) || el("li", { class: "day", id }, el("time", { datetime: d.day }, d.dayName || d.day));
			days.delete(id);
			const before = m.previousElementSibling?.id === "new" ? m.previousElementSibling : m;
			if (before.previousElementSibling !== pill) before.before(pill);
		}
		const cont = !fresh && m.previousElementSibling === above && d.who !== "centre" && above.dataset.who === d.who && d.at - above.dataset.at <= GROUP;
		m.classList.toggle("cont", cont);
		above = m;
	}
	for (const pill of days.values()) pill.remove();
}

let timer = 0;
/** read tells the server that the customer's messages have been seen, when they have. */
export function read() {
	clearTimeout(timer);
	timer = setTimeout(() => {
		const conv = $("#thread .thread")?.dataset.conv;
		if (!conv || document.hidden || !document.hasFocus() || gap(log()) > NEAR || !$("#composer form")) return;
		if (!$(".m.in", log()) || document.body.dataset.leaving === conv) return;
		const row = document.getElementById(`conv-${conv}`);
		if (row && !$(".badge", row)) return;
		post(`/c/${conv}/read`, { rev: document.body.dataset.rev }).catch(() => {});
	}, 400);
}

let loading = false;
/** older brings the page before the first one; it says whether there was one. */
export async function older() {
	const link = $("#older a");
	const box = log();
	if (!link || loading) return false;
	loading = true;
	try {
		const answer = await fetch(link.href, { headers: { "X-Fragment": "1" } });
		if (!answer.ok || !link.isConnected) return false;
		const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
		const before = box.scrollHeight - box.scrollTop;
		$("#older").remove();
		const known = new Set($$("#msgs > [id]").map((n) => n.id));
		$("#msgs").prepend(...$$("ol > li", doc).filter((li) => !known.has(li.id)));
		regroup();
		box.scrollTop = box.scrollHeight - before;
		window.htmx?.process($("#msgs"));
		return true;
	} finally {
		loading = false;
	}
}

/** jump goes to a message, through older pages if need be. */
export async function jump(id) {
	for (let page = 0; page < 20; page++) {
		const m = document.getElementById(`m-${id}`);
		if (m) {
			m.scrollIntoView({ block: "center" });
			m.classList.add("flash-on");
			setTimeout(() => m.classList.remove("flash-on"), 1600);
			return;
		}
		if (!(await older())) return;
	}
}

function scrolled() {
	const box = log();
	stuck = gap(box) <= NEAR;
	if (stuck) {
		counter(0);
		read();
	} else counter(fresh);
	if (box.scrollTop < 300) older();
}

/** start readies a thread that was just drawn. */
export function start() {
	const box = log();
	if (!box) return;
	fresh = 0;
	const divider = $("#new");
	if (divider && divider.offsetTop < box.scrollHeight - box.clientHeight) {
		box.scrollTop = divider.offsetTop - 60;
		stuck = gap(box) <= NEAR;
		counter(0);
	} else toEnd();
	box.addEventListener("scroll", scrolled, { passive: true });
	new ResizeObserver(() => stuck && toEnd()).observe(box);
	new ResizeObserver(() => stuck && toEnd()).observe($("#msgs"));
	if (location.hash.startsWith("#m-")) jump(location.hash.slice(3));
	regroup();
	read();
}

export function listen() {
	document.addEventListener("click", (e) => {
		const link = e.target.closest("[data-jump]");
		if (link) {
			e.preventDefault();
			jump(link.dataset.jump);
		}
		if (e.target.closest("#jump")) toEnd();
		const page = e.target.closest("[data-older]");
		if (page) {
			e.preventDefault();
			older();
		}
	});
	document.addEventListener("visibilitychange", () => !document.hidden && log() && read());
	addEventListener("focus", () => log() && read());
}
