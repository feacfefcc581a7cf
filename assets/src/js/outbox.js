// Messages on their way: shown at once, sent one after the other, kept until
// the server has them. The client id makes a repeat harmless.
import { $, clock, el, icon, post, toast, w, why } from "./util.js";
import { putBubble } from "./apply.js";
import { changed } from "./thread.js";
import { pull } from "./live.js";

const STORE = "outbox";
const load = () => JSON.parse(localStorage.getItem(STORE) || "[]");
const save = (list) => localStorage.setItem(STORE, JSON.stringify(list));
const forget = (id) => save(load().filter((i) => i.client_id !== id));
const queues = new Map();
const extras = new Map(); // what cannot be stored: uploads under way, pictures

export const newID = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`);

/** send takes a message; hooks.collision and hooks.closed get it back with the server's answer. */
export function send(item, extra, hooks) {
	if (!extra?.upload) save([...load(), item]);
	extras.set(item.client_id, { ...extra, hooks });
	show(item);
	enqueue(item);
}

function enqueue(item) {
	const tail = queues.get(item.conv) || Promise.resolve();
	queues.set(item.conv, tail.then(() => deliver(item)));
}

/** resume goes on with what a reload interrupted. */
export function resume(hooks) {
	for (const item of load()) {
		if (extras.has(item.client_id)) continue;
		extras.set(item.client_id, { hooks });
		enqueue(item);
	}
}

/** redraw shows what still waits in a thread that was just drawn. */
export function redraw(conv) {
	for (const item of load()) if (item.conv === conv && !$(`[data-client="${CSS.escape(item.client_id)}"]`)) show(item);
}

async function deliver(item) {
	const extra = extras.get(item.client_id) || {};
	if (extra.upload) {
		try {
			const file = await extra.upload.done;
			item.upload_key = file.key;
			item.file_name = extra.upload.file.name;
			save([...load(), item]);
			extra.upload = null;
		} catch (e) {
			fail(item, e.message);
			return;
		}
	}
	for (let tries = 0; ; tries++) {
		let answer;
		try {
			answer = await post(`/c/${item.conv}/${item.note ? "notes" : "messages"}`, fields(item));
		} catch {
			answer = null;
		}
		if (answer?.status === 401) return; // kept: it goes out after signing in
		if (answer && answer.status < 500 && answer.status !== 429) {
			await settle(item, extra, answer);
			return;
		}
		state(item, w("waiting"));
		await pause(Math.min(1000 * 2 ** tries, 15000));
	}
}

function fields(item) {
	const { conv, note, at, ...rest } = item;
	return Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== "" && v != null));
}

const pause = (ms) =>
	new Promise((resolve) => {
		const go = () => {
			clearTimeout(t);
			removeEventListener("online", go);
			resolve();
		};
		const t = setTimeout(go, ms);
		addEventListener("online", go);
	});

async function settle(item, extra, answer) {
	forget(item.client_id);
	if (answer.ok) {
		extras.delete(item.client_id);
		const doc = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html");
		const li = $(".m", doc);
		if (li && item.conv === $("#thread .thread")?.dataset.conv) {
			li.dataset.client = item.client_id;
			changed(() => [putBubble(li)]);
		}
		pull();
		return;
	}
	const problem = answer.headers.get("X-Problem");
	if (problem === "collision" && extra.hooks?.collision) {
		remove(item);
		extra.hooks.collision(item, await answer.text());
	} else if (problem === "window" && extra.hooks?.closed) {
		remove(item);
		extra.hooks.closed(item, await why(answer));
	} else fail(item, await why(answer));
}

const bubble = (item) => $(`[data-client="${CSS.escape(item.client_id)}"]`);
const remove = (item) => bubble(item)?.remove();

function state(item, text) {
	const mark = bubble(item)?.querySelector(".waiting-text");
	if (mark) mark.textContent = text;
}

// fail keeps the message in sight with its reason; nothing of it is lost.
function fail(item, text) {
	forget(item.client_id);
	const li = bubble(item);
	if (!li) {
		toast(text);
		return;
	}
	li.classList.add("failed");
	li.querySelector(".failure")?.remove();
	const again = el("button", { type: "button", class: "btn small" }, w("retry"));
	const drop = el("button", { type: "button", class: "btn small" }, w("discard"));
	again.onclick = () => {
		li.remove();
		const extra = extras.get(item.client_id);
		send({ ...item, client_id: newID(), at: Date.now() }, extra, extra?.hooks);
	};
	drop.onclick = () => li.remove();
	li.append(el("div", { class: "failure" }, el("p", {}, el("span", { dir: "auto" }, text)), again, drop));
}

// show draws a message before the server has it.
function show(item) {
	if (item.conv !== $("#thread .thread")?.dataset.conv) return;
	const extra = extras.get(item.client_id) || {};
	const foot = el("p", { class: "foot" }, el("span", { class: "waiting-text" }), el("time", { class: "num" }, clock(item.at)));
	if (!item.note) foot.append(icon("clock", w("sending")));
	const inside = el("div", { class: "bubble" });
	if (extra.picture) inside.append(el("span", { class: "picture" }, el("img", { src: extra.picture, alt: "", width: "240" })));
	else if (item.file_name || extra.name) inside.append(el("div", { class: "file" }, icon("file-text"), el("bdi", { dir: "ltr" }, item.file_name || extra.name)));
	if (item.body) inside.append(el("div", { class: "text", dir: "auto" }, el("p", {}, extra.shown || item.body)));
	inside.append(foot);
	const li = el("li", {
		class: `m out pending${item.note ? " is-note" : ""}`, id: `p-${item.client_id}`, "data-client": item.client_id,
		"data-at": item.at, "data-order": "9007199254740991", "data-rev": "0", "data-who": item.note ? "note:" : "out:",
	}, inside);
	const last = [...document.querySelectorAll("#msgs .m")].at(-1);
	li.dataset.day = last?.dataset.day || "";
	changed(() => {
		$("#msgs").append(li);
		return [];
	});
	const box = $("#log");
	box.scrollTop = box.scrollHeight;
}
