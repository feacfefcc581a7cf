// Settings: credentials tested as they are entered, a connection watched until it
// is there, deliveries that come in by themselves and unfold.
import { $, $$, post, toast, w, why } from "./util.js";
import { morphInner } from "./morph.js";
import "./importer.js";

const read = (text) => new DOMParser().parseFromString(text, "text/html");
const fetchPart = (url) => fetch(url, { headers: { "X-Fragment": "1" } });

async function check(form) {
	const answer = await post(form.dataset.checkForm, new FormData(form)).catch(() => null);
	if (!answer?.ok) return;
	$("#checks").replaceChildren(...read(await answer.text()).body.childNodes);
}

// refresh makes one part of the page look as the server sees it, and asks again
// as often as that part now says. What is unfolded stays so.
function refresh(box, doc) {
	const fresh = box.dataset.part ? doc.getElementById(box.dataset.part) : doc.body;
	if (!fresh || box.contains(document.activeElement?.closest("input, select, textarea"))) return;
	for (const old of $$("details[data-loaded]", box)) {
		const next = old.id && doc.getElementById(old.id);
		if (!next) continue;
		$("[data-body]", next).replaceWith($("[data-body]", old).cloneNode(true));
		next.dataset.loaded = old.dataset.loaded;
	}
	morphInner(box, fresh);
	if (fresh.dataset.every) box.dataset.every = fresh.dataset.every;
	for (const d of $$("details[data-load][open]", box)) unfold(d);
}

async function poll(boxes) {
	boxes = boxes.filter((box) => !$("[data-done]", box));
	if (!boxes.length) return;
	if (!document.hidden) {
		try {
			const answer = await fetchPart(boxes[0].dataset.poll);
			const text = answer.ok ? await answer.text() : "";
			if (text) for (const box of boxes) refresh(box, read(text));
		} catch {
			// the next round tries again
		}
	}
	setTimeout(() => poll(boxes), Number(boxes[0].dataset.every) || 3000);
}

// unfold loads what an opened line has to say, again when there is more.
async function unfold(details) {
	const { load, version, loaded } = details.dataset;
	if (loaded === version) return;
	details.dataset.loaded = version;
	const answer = await fetchPart(load).catch(() => null);
	if (answer?.ok) $("[data-body]", details).replaceChildren(...read(await answer.text()).body.childNodes);
	else delete details.dataset.loaded;
}

// into sends a form and shows the answer beside it.
async function into(form, button) {
	const box = $(form.dataset.into);
	button.disabled = true;
	box.replaceChildren();
	try {
		const answer = await post(form.getAttribute("action"), new FormData(form));
		if (answer.ok) box.replaceChildren(...read(await answer.text()).body.childNodes);
		else toast(await why(answer));
	} catch {
		toast(w("failed"));
	}
	button.disabled = false;
}

document.addEventListener("change", (e) => {
	const form = e.target.form;
	if (form?.matches("[data-check-form]") && "check" in e.target.dataset) check(form);
});
document.addEventListener("toggle", (e) => e.target.open && e.target.matches?.("details[data-load]") && unfold(e.target), true);
document.addEventListener("submit", (e) => {
	if (!e.target.matches("[data-into]")) return;
	e.preventDefault();
	into(e.target, e.submitter);
});

const polled = $$("[data-poll]");
for (const url of new Set(polled.map((box) => box.dataset.poll))) poll(polled.filter((box) => box.dataset.poll === url));
$(".subnav [aria-current]")?.scrollIntoView({ block: "nearest" });
($("[data-focus]") ?? $(".error")?.closest(".field")?.querySelector("input, select, textarea"))?.focus();
