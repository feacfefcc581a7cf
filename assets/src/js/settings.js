// Settings: credentials tested as they are entered, a connection watched until it is there.
import { $, $$, post } from "./util.js";

async function check(form) {
	const answer = await post(form.dataset.checkForm, new FormData(form)).catch(() => null);
	if (!answer?.ok) return;
	const doc = new DOMParser().parseFromString(await answer.text(), "text/html");
	$("#checks").replaceChildren(...doc.body.childNodes);
}

async function poll(box) {
	if ($("[data-done]", box)) return;
	if (!document.hidden) {
		try {
			const answer = await fetch(box.dataset.poll, { headers: { "X-Fragment": "1" } });
			const text = answer.ok ? await answer.text() : "";
			if (text) box.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
		} catch {
			// the next round tries again
		}
	}
	setTimeout(() => poll(box), 3000);
}

document.addEventListener("change", (e) => {
	const form = e.target.form;
	if (form?.matches("[data-check-form]") && "check" in e.target.dataset) check(form);
});
for (const box of $$("[data-poll]")) poll(box);
$(".error")?.closest(".field")?.querySelector("input")?.focus();
