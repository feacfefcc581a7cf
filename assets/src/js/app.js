import "./widgets.js";
import { $ } from "./util.js";
import * as composer from "./composer.js";
import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as list from "./list.js";
import * as live from "./live.js";
import * as presence from "./presence.js";
import * as thread from "./thread.js";
import * as widgets from "./widgets.js";
import { select, title } from "./apply.js";

// opened readies the pane of the thread after each load, click or step back.
function opened() {
	const conv = $("#thread .thread")?.dataset.conv || "";
	$("#shell").dataset.pane = conv ? "thread" : "list";
	delete $("#shell").dataset.panel;
	delete document.body.dataset.leaving;
	select();
	list.rove();
	if (!conv) return;
	thread.start();
	composer.start();
	forms.start();
	presence.start();
	widgets.countdown();
	if (matchMedia("(width < 768px)").matches) $("#thread-title").focus({ preventScroll: true });
	live.rewind(Number($("#thread .thread").dataset.rev || 0));
}

for (const part of [forms, widgets]) part.listen();
const host = $("#thread");
if (host) {
	for (const part of [list, thread, composer, keys, presence]) part.listen();
	let shown = null;
	const check = () => {
		const now = host.firstElementChild;
		if (now !== shown) {
			shown = now;
			opened();
		}
	};
	new MutationObserver(check).observe(host, { childList: true });
	new MutationObserver(() => {
		list.start();
		title();
		select();
		live.rewind(Number($("#rows")?.dataset.rev || 0));
	}).observe($("#list"), { childList: true });
	check();
	list.start();
	title();
}
live.start();
