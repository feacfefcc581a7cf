// The simulator's page: a phone on which a person plays the shop's customers.
import { $, $$, clock, el, icon, toast, w } from "./util.js";

const api = $("[data-sim]")?.dataset.sim;
let state = { customers: [], numbers: [], behaviour: {} };
let who = null;
let quote = null;
let drawn = "";

async function call(path, body, options = {}) {
	const answer = await fetch(api + path, body === undefined ? options : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, ...options });
	const out = await answer.json().catch(() => ({}));
	if (!answer.ok) toast(out.error || w("failed"));
	return answer.ok ? out : null;
}

const act = (name, body = {}) => who && call(`/customers/${who}/${name}`, body).then(draw);

function customerRow(c) {
	const link = el("button", { type: "button", class: `row sim-row${c.unread ? " unread" : ""}`, "aria-current": c.id === who ? "true" : null, onclick: () => open(c.id) },
		el("span", { class: "avatar", "aria-hidden": "true" }, (c.name || c.phone || "?").slice(0, 1)),
		el("span", { class: "row-text" },
			el("span", { class: "line1" }, el("span", { class: "name" }, el("bdi", {}, c.name || c.phone)), c.lastAt > 0 ? el("time", { class: "num" }, clock(c.lastAt)) : ""),
			el("span", { class: "line2" }, el("span", { class: "preview" }, el("bdi", {}, c.lastText || c.phone || `@${c.username}`)), c.unread ? el("span", { class: "badge num" }, String(c.unread)) : "")));
	return el("li", {}, link);
}

function open(id) {
	who = id;
	quote = null;
	drawn = "";
	showQuote();
	draw();
	$("#sim-text").focus();
}

async function draw() {
	const next = await call("/state", undefined);
	if (!next) return;
	state = next;
	who ??= state.customers[0]?.id;
	$("#sim-customers").replaceChildren(...state.customers.map(customerRow));
	$("#sim-waiting").textContent = state.waiting;
	if (!document.activeElement?.closest("#sim-behaviour")) switches();
	if (who) await drawThread();
}

async function drawThread() {
	const id = who;
	const answer = await call(`/customers/${id}`, undefined);
	if (!answer || id !== who) return;
	const { customer, typing, messages } = answer;
	$("#sim-title").textContent = customer.name || customer.phone;
	$("#sim-avatar .avatar").textContent = (customer.name || "?").slice(0, 1);
	for (const box of $$("[data-sim-set]")) box.checked = customer[box.dataset.simSet];
	const print = JSON.stringify([messages, typing]);
	if (print === drawn) return;
	drawn = print;
	const log = $("#sim-log");
	const end = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || !$("#sim-msgs").children.length;
	const byID = new Map(messages.map((m) => [m.id, m]));
	$("#sim-msgs").replaceChildren(...messages.map((m) => bubble(m, byID)), ...(typing ? [el("li", { class: "m in" }, el("div", { class: "bubble" }, "…"))] : []));
	if (end) log.scrollTop = log.scrollHeight;
}

// On the customer's phone the business is the other side.
function bubble(m, byID) {
	const inside = el("div", { class: "bubble" });
	const quoted = m.replyTo && byID.get(m.replyTo);
	if (quoted) inside.append(el("p", { class: "quote" }, el("bdi", { class: "clip" }, quoted.text || quoted.type)));
	if (m.media) inside.append(media(m.media));
	if (m.type === "location") inside.append(el("p", { class: "mark" }, icon("map-pin"), el("bdi", { dir: "ltr" }, `${m.latitude}, ${m.longitude}`)));
	if (m.deleted) inside.append(el("p", { class: "muted" }, icon("ban")));
	else if (m.text) inside.append(el("div", { class: "text", dir: "auto" }, el("p", {}, m.text)));
	if (m.buttons.length && m.fromBusiness) {
		inside.append(el("div", { class: "actions" }, ...m.buttons.map((b) => el("button", { type: "button", class: "btn small", onclick: () => act("tap", { messageId: m.id, buttonId: b.id }) }, b.title))));
	}
	inside.append(el("p", { class: "foot" }, m.edited ? "✎ " : "", el("time", { class: "num" }, clock(m.at)), el("span", {}, ` ${m.status || ""}`)));
	const emoji = [m.reaction, m.ownReaction].filter(Boolean);
	if (emoji.length) inside.append(el("ul", { class: "reactions" }, ...emoji.map((x) => el("li", {}, x))));
	return el("li", { class: `m ${m.fromBusiness ? "in" : "out"}${emoji.length ? " reacted" : ""}`, "data-id": m.id }, inside, tools(m));
}

function media(f) {
	const src = `${api}/media/${f.id}`;
	const [kind] = f.type.split("/");
	if (kind === "image" || kind === "sticker") return el("a", { class: "picture", href: src, target: "_blank" }, el("img", { src, alt: kind, width: "240" }));
	if (kind === "audio") return el("audio", { src, controls: true, preload: "none" });
	if (kind === "video") return el("video", { src, controls: true, class: "video", preload: "metadata" });
	return el("a", { class: "file", href: src, target: "_blank" }, icon("file-text"), el("bdi", { dir: "ltr" }, f.filename || f.type));
}

function tools(m) {
	const button = (key, run) => el("button", { type: "button", class: "btn small", onclick: run }, w(`sim.${key}`));
	const all = [button("reply", () => { quote = m; showQuote(); $("#sim-text").focus(); }), button("react", () => act("react", { messageId: m.id, emoji: (m.fromBusiness ? m.ownReaction : m.reaction) ? "" : "❤️" }))];
	if (m.fromBusiness) {
		all.push(button("heard", () => act(m.media?.voice ? "play" : "read", { messageId: m.id })), button("fail", () => act("fail", { messageId: m.id, code: 131026 })));
	} else if (!m.deleted) {
		if (m.type === "text") all.push(button("edit", () => { const text = prompt(w("sim.edit"), m.text); if (text) act("edit", { messageId: m.id, text }); }));
		all.push(button("revoke", () => act("revoke", { messageId: m.id })));
	}
	return el("div", { class: "sim-acts" }, ...all);
}

function showQuote() {
	const box = $("#sim-quote");
	box.hidden = !quote;
	if (!quote) return box.replaceChildren();
	box.replaceChildren(el("div", { class: "tray-item quoting" }, el("div", {}, el("bdi", { class: "clip" }, quote.text || quote.type)),
		el("button", { type: "button", class: "icon-btn", "aria-label": w("unquote"), onclick: () => { quote = null; showQuote(); } }, icon("x"))));
}

const order = ["delayMs", "failNext", "failLater", "failCode", "failHttp", "rateLimit", "resetAfterBody", "html502", "truncatedJson", "lost", "mediaFail", "duplicateWebhooks", "shuffleWebhooks", "dropStatuses", "statusBeforeAnswer", "enforceWindow"];
function switches() {
	const b = state.behaviour || {};
	$("#sim-fields").replaceChildren(...order.filter((k) => k in b).map((k) => {
		const yes = typeof b[k] === "boolean";
		const field = el("input", { type: yes ? "checkbox" : "number", name: k, min: "-1", value: yes ? null : String(b[k]) });
		if (yes) field.checked = b[k];
		return el("label", {}, w(`sim.${k}`), field);
	}));
}

async function setBehaviour(calm) {
	const out = {};
	for (const f of $$("#sim-fields input")) out[f.name] = f.type === "checkbox" ? !calm && f.checked : calm ? 0 : Number(f.value);
	await call("/behaviour", out);
	document.activeElement?.blur();
	draw();
}

async function sendFile(file) {
	const kind = /^(image|audio|video)\//.exec(file.type)?.[1] || "document";
	const query = new URLSearchParams({ kind, filename: file.name, caption: $("#sim-text").value });
	await call(`/customers/${who}/file?${query}`, undefined, { method: "POST", body: file, headers: { "Content-Type": file.type || "application/octet-stream" } });
	$("#sim-text").value = "";
	draw();
}

function listen() {
	$("#sim-form").addEventListener("submit", (e) => {
		e.preventDefault();
		const field = $("#sim-text");
		const text = field.value.trim();
		if (!text) return;
		field.value = "";
		act("send", { type: "text", text, replyTo: quote?.id || "" });
		quote = null;
		showQuote();
	});
	$("#sim-new").addEventListener("submit", async (e) => {
		e.preventDefault();
		const made = await call("/customers", Object.fromEntries(new FormData(e.target)));
		if (made) {
			e.target.reset();
			open(made.id);
		}
	});
	$("#sim-behaviour").addEventListener("submit", (e) => { e.preventDefault(); setBehaviour(false); });
	$("#sim-behaviour").addEventListener("reset", (e) => { e.preventDefault(); setBehaviour(true); });
	$("#sim-file").addEventListener("change", (e) => { if (e.target.files[0]) sendFile(e.target.files[0]); e.target.value = ""; });
	document.addEventListener("change", (e) => { const k = e.target.dataset?.simSet; if (k) act("set", { [k]: e.target.checked }); });
	document.addEventListener("click", (e) => {
		const b = e.target.closest("button");
		if (!b) return;
		if (b.dataset.simKind) act("send", { type: b.dataset.simKind, text: $("#sim-text").value });
		if ("simFile" in b.dataset) $("#sim-file").click();
		if ("simRead" in b.dataset) act("read");
		if ("simCall" in b.dataset) act("call");
		if ("simNumber" in b.dataset) { const n = prompt(w("newnumber"), "+965 "); if (n) act("set", { newNumber: n }); }
	});
}

let soon = 0;
if (api) {
	listen();
	draw();
	const events = new EventSource(`${api}/events`);
	events.onmessage = () => {
		clearTimeout(soon);
		soon = setTimeout(draw, 60);
	};
}
