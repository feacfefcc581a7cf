// The composer: modes, drafts, keys, files, quotes, mentions, sending.
import { $, $$, el, icon, post, toast, w } from "./util.js";
import { flush, keep, recall } from "./drafts.js";
import { newID, redraw, resume, send } from "./outbox.js";
import { state as live } from "./live.js";
import { later, ready } from "./later.js";

const trays = new Map(); // conversation → {files, quote}: survives opening another one
const box = () => $("#composer");
const coarse = matchMedia("(pointer: coarse)");

function tray(conv) {
	if (!trays.has(conv)) trays.set(conv, { files: [], quote: null });
	return trays.get(conv);
}

function draw() {
	const c = box();
	const t = tray(c.dataset.conv);
	const place = $("#tray");
	place.replaceChildren(...(t.quote ? [quoteItem(c, t)] : []), ...t.files.map((f) => f.item));
	place.hidden = !place.children.length;
}

function quoteItem(c, t) {
	const stop = el("button", { type: "button", class: "icon-btn", "aria-label": w("unquote"), title: w("unquote") }, icon("x"));
	stop.onclick = () => {
		t.quote = null;
		draw();
		$("#body").focus();
	};
	return el("div", { class: "tray-item quoting" }, el("div", {}, el("strong", {}, `${w("quote")} `, el("bdi", {}, t.quote.who)), el("bdi", { class: "clip" }, t.quote.text)), stop);
}

/** quote answers a message. */
export function quote(li) {
	const c = box();
	if (!$("form.reply", c)) return;
	mode("reply");
	const text = $(".text", li)?.textContent || $(".file-name, .place strong, .choice strong, .vcard strong", li)?.textContent || $(".sr", li)?.textContent || "";
	tray(c.dataset.conv).quote = { id: li.dataset.id, who: li.classList.contains("out") ? w("you") : w("customer"), text: text.trim().slice(0, 120) };
	draw();
	$("#body").focus();
}

/** attach takes files from the button, the clipboard or a drop. */
export async function attach(files) {
	const c = box();
	if (!c || !$("form.reply", c) || c.dataset.window === "closed") return;
	mode("reply");
	const { Upload, accept } = await later().catch(() => ({}));
	if (!Upload) return toast(w("failed"));
	const t = tray(c.dataset.conv);
	const gone = (u) => {
		t.files = t.files.filter((f) => f !== u);
		if (box()?.dataset.conv === c.dataset.conv) draw();
	};
	for (const file of files) {
		if (!accept(file)) continue;
		const u = new Upload(file, gone);
		hold(u);
		t.files.push(u);
	}
	function hold(u) {
		u.replaced = (next) => {
			t.files = t.files.map((f) => (f === u ? next : f));
			hold(next);
		};
	}
	if (box()?.dataset.conv !== c.dataset.conv) return;
	draw();
	$("#body").focus();
}

/** mode changes between reply and note; each has its own draft. */
export function mode(name, focus) {
	const c = box();
	if (!c || !$("form.reply", c)) return;
	c.dataset.mode = name;
	$("form.reply", c).hidden = name !== "reply";
	$("form.note", c).hidden = name !== "note";
	for (const b of $$(".modes button", c)) b.setAttribute("aria-pressed", b.value === name);
	ready?.close();
	if (focus) $(name === "note" ? "#note-body" : "#body")?.focus();
	grow();
}

// grow is for browsers without field-sizing.
function grow() {
	if (CSS.supports("field-sizing", "content")) return;
	for (const t of $$("#composer textarea")) {
		t.style.setProperty("height", "auto");
		t.style.setProperty("height", `${Math.min(t.scrollHeight, 200)}px`);
	}
}

function fill(mode, text) {
	const field = $(mode === "note" ? "#note-body" : "#body");
	if (!field) return;
	field.value = text;
	keep(box().dataset.conv, mode, text);
	grow();
}

const hooks = {
	collision(item, html) {
		if (item.conv !== box()?.dataset.conv) return keep(item.conv, "reply", item.body || "", true);
		const doc = new DOMParser().parseFromString(html, "text/html");
		const note = $(".collision", doc);
		const place = $("#tray");
		place.prepend(note);
		place.hidden = false;
		$("[data-anyway]", note).onclick = () => {
			note.remove();
			draw();
			send({ ...item, at: Date.now(), seen_rev: live.rev, force: "1" }, {}, hooks);
		};
		$("[data-keep]", note).onclick = () => {
			note.remove();
			draw();
			if (!$("#body").value) fill("reply", item.body || "");
			$("#body").focus();
		};
		$("[data-anyway]", note).focus();
	},
	closed(item, text) {
		toast(text);
		if (item.conv !== box()?.dataset.conv) return keep(item.conv, "reply", item.body || "", true);
		fill("reply", item.body || "");
		box().dataset.window = "closed";
		box().dataset.until = "1";
		document.dispatchEvent(new CustomEvent("badala:changed"));
	},
};

function submitReply(c) {
	const field = $("#body");
	const conv = c.dataset.conv;
	const t = tray(conv);
	const text = field.value.trim();
	if ((!text && !t.files.length) || ready?.gap(field)) return;
	const base = { conv, reply_to: t.quote?.id || "", seen_rev: live.rev };
	const parts = t.files.length ? t.files : [null];
	parts.forEach((upload, i) => {
		const item = { ...base, client_id: newID(), at: Date.now() + i, body: i ? "" : text };
		if (i) item.reply_to = "";
		send(item, upload ? { upload, picture: upload.picture, name: upload.file.name } : {}, hooks);
	});
	t.files = [];
	t.quote = null;
	field.value = "";
	draw();
	keep(conv, "reply", "", true);
	grow();
	field.focus();
}

// encode puts ids in place of the names of teammates.
function encode(text) {
	const members = $$("#members li").sort((a, b) => b.textContent.length - a.textContent.length);
	return members.reduce((s, m) => s.replaceAll(`@${m.textContent}`, `@[${m.dataset.id}]`), text);
}

function submitNote(c) {
	const field = $("#note-body");
	const text = field.value.trim();
	if (!text) {
		field.focus();
		return;
	}
	const conv = c.dataset.conv;
	send({ conv, note: true, client_id: newID(), at: Date.now(), body: encode(text) }, { shown: text }, hooks);
	field.value = "";
	keep(conv, "note", "", true);
	grow();
	field.focus();
}

let beat = 0;
function beacon(conv) {
	if (Date.now() - beat < 3000) return;
	beat = Date.now();
	post(`/c/${conv}/typing`, {}).catch(() => {});
}

function keys(e) {
	const field = e.target;
	if (field.id !== "body" && field.id !== "note-body") return;
	if (e.isComposing || e.keyCode === 229) return;
	if (ready?.choose(e, field)) return;
	if (e.key === "Escape") field.blur();
	if (e.key !== "Enter" || e.shiftKey || e.altKey) return;
	const chord = e.ctrlKey || e.metaKey;
	const sends = box().dataset.enter === "ctrl" || coarse.matches ? chord : true;
	if (!sends) return;
	e.preventDefault();
	field.form.requestSubmit();
}

/** start readies a composer that was just drawn. */
export function start() {
	const c = box();
	if (!c || !$("form.reply", c)) return;
	const conv = c.dataset.conv;
	for (const [m, id] of [["reply", "body"], ["note", "note-body"]]) {
		const field = $(`#${id}`, c);
		field.value = recall(conv, m, c.dataset[m === "note" ? "draftNote" : "draftReply"] || "");
	}
	draw();
	redraw(conv);
	grow();
	if (!coarse.matches && matchMedia("(width >= 768px)").matches && document.activeElement?.id !== "search") {
		const field = c.dataset.mode === "note" ? $("#note-body") : $("#body");
		field.focus({ preventScroll: true });
		field.setSelectionRange(field.value.length, field.value.length);
	}
}

export function listen() {
	resume(hooks);
	setTimeout(() => later().catch(() => {}), 2000);
	const picker = el("input", { type: "file", multiple: true, hidden: true });
	document.body.append(picker);
	picker.onchange = () => {
		attach([...picker.files]);
		picker.value = "";
	};
	document.addEventListener("click", (e) => {
		if (e.target.closest("[data-attach]")) picker.click();
		if (e.target.closest("[data-canned]")) later().then((m) => m.browse($("#body")), () => {});
		const q = e.target.closest("[data-quote]");
		if (q) quote(q.closest(".m"));
		const m = e.target.closest(".modes button");
		if (m) {
			e.preventDefault();
			mode(m.value, true);
		}
	});
	document.addEventListener("submit", (e) => {
		const c = e.target.closest("#composer");
		if (!c || e.target.matches(".modes")) return;
		e.preventDefault();
		if (e.target.matches(".note")) submitNote(c);
		else submitReply(c);
	});
	document.addEventListener("input", (e) => {
		if (e.target.id !== "body" && e.target.id !== "note-body") return;
		const c = box();
		const note = e.target.id === "note-body";
		keep(c.dataset.conv, note ? "note" : "reply", e.target.value);
		if (note || e.target.value[0] === "/") later().then((m) => m.options(e.target), () => {});
		else ready?.close();
		if (!note) beacon(c.dataset.conv);
		grow();
	});
	document.addEventListener("keydown", keys);
	document.addEventListener("badala:attach", (e) => attach(e.detail));
	document.addEventListener("paste", (e) => {
		if (e.target.closest?.("#composer") && e.clipboardData?.files.length) {
			e.preventDefault();
			attach([...e.clipboardData.files]);
		}
	});
	const over = (e) => box() && e.dataTransfer?.types.includes("Files") && e.target.closest?.(".thread");
	document.addEventListener("dragover", (e) => {
		if (!over(e)) return;
		e.preventDefault();
		box().classList.add("drop");
	});
	document.addEventListener("dragleave", (e) => !e.relatedTarget && box()?.classList.remove("drop"));
	document.addEventListener("drop", (e) => {
		box()?.classList.remove("drop");
		if (!over(e)) return;
		e.preventDefault();
		attach([...e.dataTransfer.files]);
	});
	addEventListener("pagehide", flush);
	document.addEventListener("submit", (e) => {
		if (!e.target.matches("[data-signout]") || e.target.dataset.ready) return;
		e.preventDefault();
		e.target.dataset.ready = "1";
		flush().finally(() => {
			for (const k of Object.keys(localStorage)) if (k.startsWith("draft:") || k === "outbox") localStorage.removeItem(k);
			e.target.submit();
		});
	});
}
