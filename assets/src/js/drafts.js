// Drafts live in this browser at once and on the server two seconds later.
import { post } from "./util.js";

const key = (conv, mode) => `draft:${conv}:${mode}`;
const timers = new Map();

/** recall is the newest text: what the server has not got yet wins. */
export const recall = (conv, mode, server) => localStorage.getItem(key(conv, mode)) ?? server;

/** keep remembers text; the local copy goes when the server has it. */
export function keep(conv, mode, text, now) {
	const k = key(conv, mode);
	localStorage.setItem(k, text);
	clearTimeout(timers.get(k));
	timers.set(k, setTimeout(() => push(conv, mode), now ? 0 : 2000));
}

async function push(conv, mode, options) {
	const k = key(conv, mode);
	const text = localStorage.getItem(k);
	clearTimeout(timers.get(k));
	timers.delete(k);
	if (text === null) return;
	try {
		const answer = await post(`/c/${conv}/draft`, { body: text, mode }, options);
		if (answer.ok && localStorage.getItem(k) === text) localStorage.removeItem(k);
	} catch {
		timers.set(k, setTimeout(() => push(conv, mode), 15000));
	}
}

/** flush sends what waits, also while the page goes away. */
export function flush() {
	return Promise.all([...timers.keys()].map((k) => push(...k.split(":").slice(1), { keepalive: true })));
}
