// The picture viewer: arrows, download, Esc.
import { $, $$ } from "./util.js";

/** view shows a picture of the thread large. */
export function view(link) {
	const box = $("#viewer");
	const img = $("img", box);
	img.src = link.href;
	img.alt = $("img", link).alt;
	$(".viewer-name", box).textContent = link.dataset.view || "";
	$("[data-download]", box).href = link.dataset.save || link.href;
	box.showModal();
}

// next picture of the thread, by arrow key.
function turn(e) {
	const box = $("#viewer");
	if (!box.open || !/^Arrow(Left|Right)$/.test(e.key)) return;
	const all = $$("#msgs a.picture");
	const at = all.findIndex((a) => a.href === $("img", box).src);
	const forward = (e.key === "ArrowRight") === (document.dir !== "rtl");
	const next = all[at + (forward ? 1 : -1)];
	if (!next) return;
	box.close();
	view(next);
}

document.addEventListener("keydown", turn);
