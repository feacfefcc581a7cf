// Broadcasts: the people are counted and the message is shown as one types. All
// of it works without this, by the forms' own buttons.
import { $, $$, post } from "./util.js";
import { morphInner } from "./morph.js";

const read = (text) => new DOMParser().parseFromString(text, "text/html");

// follow shows in box what the server makes of a form, a moment after each
// change, and asks again while the server is still at work.
function follow(form, url, box) {
	let timer = 0;
	let asked = 0;
	const ask = async () => {
		const mine = ++asked;
		const data = new FormData(form);
		for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
		const answer = await post(url, data).catch(() => null);
		if (mine !== asked) return;
		if (answer?.ok) morphInner(box, read(await answer.text()).body);
		if (!answer || $("[data-again]", box)) soon(700);
	};
	const soon = (wait) => {
		clearTimeout(timer);
		timer = setTimeout(ask, wait);
	};
	const changed = (e) => e.target.name && e.target.type !== "file" && soon(350);
	form.addEventListener("input", changed);
	form.addEventListener("change", changed);
	for (const b of $$("[data-plain]", form)) b.closest("p").hidden = true;
	if ($("[data-again]", box)) soon(300);
}

// Whoever picks a condition means those whom it picks.
function conditions(form) {
	form.addEventListener("change", (e) => {
		if (!/^(tag|import)$/.test(e.target.name) || (e.target.type === "checkbox" && !e.target.checked) || !e.target.value) return;
		const some = $("input[name=who][value=some]", form);
		if ($("input[name=who]:checked", form) !== some) some.checked = true;
	});
}

// The text beside a field is what stands in for it.
function slot(box) {
	const select = $("select", box);
	const label = $("[data-text]", box);
	select.addEventListener("change", () => {
		label.textContent = select.value ? label.dataset.field : label.dataset.text;
	});
}

const audience = $("[data-audience]");
if (audience) {
	follow(audience, audience.dataset.audience, $("#bc-count"));
	conditions(audience);
}
const says = $("[data-says]");
if (says) {
	follow(says, says.dataset.says, $("#bc-preview"));
	$$("[data-slot]", says).forEach(slot);
}

const which = $("[data-which]");
if (which) {
	const button = $("[data-channel]", which);
	if (button) {
		button.hidden = true;
		$("#channel").addEventListener("change", () => which.requestSubmit(button));
	}
	const box = $("[data-filter-box]", which);
	if (box) {
		box.hidden = false;
		$("input", box).addEventListener("input", (e) => {
			const words = e.target.value.toLowerCase().split(/\s+/);
			for (const li of $$("#templates > li")) {
				const text = li.textContent.toLowerCase();
				li.hidden = !words.every((word) => text.includes(word)) && !$(":checked", li);
			}
		});
	}
}

// Whoever picks a time means that time.
$("#at")?.addEventListener("input", () => {
	$("input[name=when][value=at]").checked = true;
});
