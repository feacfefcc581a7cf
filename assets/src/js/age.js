// How long customers have waited grows while one looks at the list.
import { $, $$, toast, w } from "./util.js";

// One more customer who waits too long is told wherever the person looks: the
// notice itself stands above the list, which a phone hides behind a thread.
const late = () => Number($("#counts [data-late]")?.dataset.late || 0);
let told = late();

// The view that is open is seen among the others, which may be more than fit.
let seen = "";
function showView() {
	const tab = $("#counts [aria-current]");
	if (!tab || tab.id === seen) return;
	seen = tab.id;
	tab.scrollIntoView({ block: "nearest", inline: "center" });
}

if ($("#counts")) {
	showView();
	new MutationObserver(() => {
		showView();
		if (late() > told) toast($("#counts strong").textContent);
		told = late();
	}).observe($("#list"), { childList: true, subtree: true, attributes: true, characterData: true });
}

// age keeps the chips of those who wait true.
function age() {
	for (const e of $$("[data-since]")) {
		const min = Math.max(0, Math.floor((Date.now() - e.dataset.since) / 60000));
		const h = Math.floor(min / 60);
		const d = Math.floor(h / 24);
		e.textContent = d ? w("waited.days", d, h % 24) : h ? w("waited.hours", h, min % 60) : w("waited.minutes", min);
	}
}

age();
document.addEventListener("badala:changed", age);
setInterval(age, 30000);
