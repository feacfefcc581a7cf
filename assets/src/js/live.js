// What is on screen stays true: one stream per browser says how far the log
// has come, and pull() fetches what changed.
import { $, clock, post, toast, w, why } from "./util.js";
import { apply, refresh } from "./apply.js";

const root = document.documentElement;
const body = document.body;
export const state = { rev: Number(body.dataset.rev || 0), epoch: body.dataset.epoch || "" };
const beacons = new Set(); // listeners for typing and presence
export const onBeacon = (f) => beacons.add(f);

let pulling = false;
let again = false;
let updated = Date.now();

/** pull brings everything up to date. One at a time; a call meanwhile asks for one more. */
export async function pull() {
	if (!state.rev) return;
	if (pulling) {
		again = true;
		return;
	}
	pulling = true;
	try {
		let more = true;
		while (more) more = await once();
	} catch {
		again = false; // the stream's own reconnect brings the next try
	} finally {
		pulling = false;
	}
	if (again) {
		again = false;
		setTimeout(pull, 120);
	}
}

async function once() {
	const conv = $("#thread .thread")?.dataset.conv || "";
	const shown = $("#rows")?.dataset.query || "";
	const since = state.rev;
	const query = new URLSearchParams(shown);
	query.set("since", since);
	query.set("rows", Math.min($("#rows")?.children.length || 0, 200));
	if (conv) query.set("c", conv);
	const answer = await fetch(`/changes?${query}`, { headers: { "X-Fragment": "1" } });
	if (answer.status === 401) {
		location.reload();
		return false;
	}
	if (!answer.ok) throw new Error(answer.status);
	const epoch = answer.headers.get("X-Epoch");
	const rev = Number(answer.headers.get("X-Rev"));
	if (epoch && epoch !== state.epoch) {
		await reload();
		return false;
	}
	const html = await answer.text();
	if (shown !== ($("#rows")?.dataset.query || "")) return true; // another view was opened meanwhile
	apply(html, conv);
	updated = Date.now();
	if (conv !== ($("#thread .thread")?.dataset.conv || "")) return true; // another thread was opened: its changes are not in here
	if (state.rev < since) return true; // a pane drawn earlier came in: begin there
	state.rev = Math.max(state.rev, rev);
	return answer.headers.get("X-More") === "1";
}

async function reload() {
	const page = await refresh();
	if (!page) return;
	state.rev = Number(page.rev);
	state.epoch = page.epoch;
	updated = Date.now();
}

/** rewind makes the next pull begin early enough for a thread that was drawn at rev. */
export function rewind(rev) {
	if (rev && rev < state.rev) state.rev = rev;
	if (state.rev) pull();
}

function heard(rev) {
	if (rev.epoch && rev.epoch !== state.epoch) reload();
	else if (rev.rev > state.rev) pull(); // a smaller one is a late frame: the last pull ran ahead of it
}

/* ---- the stream: one tab leads, the others listen to it ---- */

const LOCK = "badala-live";
const bus = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
const shared = bus && navigator.locks;
let stream = null;
let leading = false;
let release = null;
let lastByte = 0;
let tries = 0;
let timer = 0;
let hiddenAt = 0;
let offTimer = 0;

function online(on) {
	if (!on && offTimer) return;
	root.dataset.live = on ? "on" : "off";
	clearTimeout(offTimer);
	offTimer = 0;
	const note = $("#offline");
	if (!note) return;
	if (on) note.hidden = true;
	else {
		offTimer = setTimeout(() => {
			note.lastElementChild.textContent = w("offline", clock(updated));
			note.hidden = false;
		}, 5000);
	}
}

function dispatch(message) {
	lastByte = Date.now();
	online(message.t !== "off");
	if (message.t === "rev") heard(message);
	if (message.t === "typing" || message.t === "presence") beacons.forEach((f) => f(message.t, message.data));
}

function relay(message) {
	dispatch(message);
	if (leading) bus?.postMessage(message);
}

function open() {
	close();
	if (shared && !leading) return;
	stream = new EventSource("/live");
	lastByte = Date.now();
	stream.onopen = () => {
		tries = 0;
		relay({ t: "ping" });
	};
	stream.addEventListener("rev", (e) => relay({ t: "rev", ...JSON.parse(e.data) }));
	stream.addEventListener("ping", () => relay({ t: "ping" }));
	for (const t of ["typing", "presence"]) stream.addEventListener(t, (e) => relay({ t, data: JSON.parse(e.data) }));
	stream.onerror = retry;
}

function close() {
	clearTimeout(timer);
	timer = 0;
	stream?.close();
	stream = null;
}

function retry() {
	close();
	online(false);
	if (leading) bus?.postMessage({ t: "off" });
	const wait = Math.min(500 * 2 ** tries++, 15000) * (0.7 + Math.random() * 0.6);
	timer = setTimeout(() => {
		if (tries > 1) pull(); // finds out about an ended session
		open();
	}, wait);
}

function lead(steal) {
	navigator.locks
		.request(LOCK, steal ? { steal: true } : {}, () => {
			leading = true;
			open();
			return new Promise((resolve) => {
				release = resolve;
			});
		})
		.catch(() => {
			leading = false;
			close();
			lead(false);
		});
}

let answered = 0;
function ask() {
	if (leading) return;
	answered = 0;
	bus.postMessage({ t: "who" });
	setTimeout(() => {
		if (!answered && !leading) lead(true);
	}, 1000);
}

function listen(e) {
	if (e.data.t === "who") {
		if (leading && Date.now() - lastByte < 20000) bus.postMessage({ t: "here" });
		return;
	}
	answered = Date.now();
	if (!leading) dispatch(e.data);
}

function visible() {
	if (document.hidden) {
		hiddenAt = Date.now();
		if (!shared) close();
		return;
	}
	pull();
	if (shared && !leading) ask();
	else if (!stream || Date.now() - hiddenAt > 5000) {
		tries = 0;
		open();
	}
}

/** start opens the stream and keeps it. */
export function start() {
	if (!state.rev) return;
	if (shared) {
		bus.onmessage = listen;
		lead(false);
		setTimeout(() => !leading && ask(), 300);
	} else open();
	document.addEventListener("visibilitychange", visible);
	addEventListener("online", () => {
		tries = 0;
		pull();
		open();
	});
	addEventListener("offline", () => online(false));
	addEventListener("pagehide", () => {
		close();
		release?.();
	});
	addEventListener("pageshow", (e) => {
		if (!e.persisted) return;
		if (shared) lead(false);
		else open();
		pull();
	});
	setInterval(() => {
		if (document.hidden || Date.now() - lastByte < 40000) return;
		if (leading || !shared) retry();
		else ask();
	}, 5000);
}

/** act posts a form of ours and shows what came of it. */
export async function act(url, fields, { done, undo } = {}) {
	let answer;
	try {
		answer = await post(url, fields);
		if (!answer.ok) {
			toast(await why(answer));
			return false;
		}
	} catch {
		toast(w("failed"));
		return false;
	}
	pull();
	if (done) toast(done, undo);
	return true;
}
