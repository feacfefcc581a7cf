// Coordinates pasted as a map gives them fill both fields.
import { $ } from "./util.js";

document.addEventListener("paste", (e) => {
	const both = "coordinates" in (e.target.dataset || {}) && /(-?\d+\.\d+)\s*[,،]\s*(-?\d+\.\d+)/.exec(e.clipboardData.getData("text"));
	if (!both) return;
	e.preventDefault();
	[$("#place-lat").value, $("#place-lng").value] = both.slice(1);
});
