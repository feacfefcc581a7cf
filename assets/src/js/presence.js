// Who else is answering or looking, as the stream tells.
import { $, currentConv, post, w } from "./util.js";
import { onBeacon } from "./live.js";

const typing = new Map();
const viewing = new Map();

function draw() {
	const place = $("#presence");
	if (!place) return;
	const now = Date.now();
	const conv = currentConv();
	const names = (map) => [...new Set([...map.values()].filter((b) => b.conv === conv && b.until > now).map((b) => b.name))];
	const answering = names(typing);
	const looking = names(viewing);
	place.textContent = answering.length ? w("typing", answering.join(", ")) : looking.length ? w("viewing", looking.join(", ")) : "";
	const pens = new Set([...typing.values()].filter((b) => b.until > now).map((b) => `conv-${b.conv}`));
	for (const li of document.querySelectorAll("#rows > li")) li.classList.toggle("answering", pens.has(li.id));
}

let told = "";
function tell() {
	const conv = currentConv();
	if (conv && !document.hidden) post(`/c/${conv}/viewing`, {}).catch(() => {});
	told = conv;
}

/** start says that this thread is being looked at. */
export function start() {
	if (currentConv() !== told) tell();
	draw();
}

export function listen() {
	const me = document.body.dataset.user;
	onBeacon((kind, b) => {
		if (b.user === me) return;
		const map = kind === "typing" ? typing : viewing;
		map.set(b.user + b.conv, { ...b, until: Date.now() + (kind === "typing" ? 6000 : 60000) });
		draw();
	});
	setInterval(draw, 2000);
	setInterval(tell, 30000);
}
