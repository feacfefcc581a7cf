// Small things that every module needs.

const body = document.body;
const words = JSON.parse(body.dataset.words || "{}");
const lang = document.documentElement.lang;
const plurals = new Intl.PluralRules(lang);

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** w is the catalogue's text of key with {0}, {1}… filled in. */
export function w(key, ...args) {
	const text = words[key] ?? words[`${key}.${plurals.select(args[0])}`] ?? key;
	return text.replace(/\{(\d)\}/g, (_, i) => args[i]);
}

/** el makes an element; children that are strings become text. */
export function el(tag, attrs = {}, ...children) {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(attrs)) {
		if (v === false || v == null) continue;
		if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
		else e.setAttribute(k, v === true ? "" : v);
	}
	e.append(...children);
	return e;
}

/** icon draws one of the sprite. */
export function icon(name, label) {
	const ns = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(ns, "svg");
	svg.setAttribute("class", "icon");
	if (label) {
		svg.setAttribute("role", "img");
		svg.setAttribute("aria-label", label);
	} else {
		svg.setAttribute("aria-hidden", "true");
	}
	const use = document.createElementNS(ns, "use");
	use.setAttribute("href", `${body.dataset.icons}#${name}`);
	svg.append(use);
	return svg;
}

export const clock = (t) => new Date(t).toLocaleTimeString(`${lang}-u-nu-latn`, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** post sends a form as our scripts do; it throws only when nobody answered. */
export async function post(url, fields, options = {}) {
	const data = fields instanceof FormData ? fields : Object.entries(fields || {});
	const answer = await fetch(url, {
		method: "POST",
		body: new URLSearchParams(data instanceof FormData ? [...data] : data),
		headers: { "X-Fragment": "1" },
		...options,
	});
	if (answer.status === 401) location.reload();
	return answer;
}

/** why is the sentence of a refused request. */
export async function why(answer) {
	try {
		return (await answer.json()).message || w("failed");
	} catch {
		return w("failed");
	}
}

/** toast says something for a while, with a button if there is something to do about it. */
export function toast(text, action, label) {
	const box = el("div", { class: "toast" }, el("span", { dir: "auto" }, text));
	const end = () => box.remove();
	box.append(el("button", { type: "button", onclick: () => { end(); action?.(); } }, action ? label || w("undo") : w("dismiss")));
	$("#toasts").append(box);
	setTimeout(end, action ? 8000 : 5000);
}

export const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e?.tagName);
export const currentConv = () => $("#thread .thread")?.dataset.conv || "";
