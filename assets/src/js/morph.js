// morph makes one tree look like another while nodes keep their identity:
// focus, caret, scroll and playing media survive.

// sameFile says that two addresses differ only in their signature.
function sameFile(a, b) {
	if (!a || !b || a.startsWith("#")) return false;
	const path = (s) => new URL(s, location.href).pathname;
	return path(a) === path(b) && path(a).startsWith("/media/");
}

function attributes(from, to) {
	for (const { name, value } of [...to.attributes]) {
		const old = from.getAttribute(name);
		if (old === value || ((name === "src" || name === "href" || name === "data-save") && sameFile(old, value))) continue;
		if (name === "open") continue;
		from.setAttribute(name, value);
	}
	for (const { name } of [...from.attributes]) {
		if (!to.hasAttribute(name) && name !== "open" && name !== "data-htmx-powered" && name !== "tabindex") from.removeAttribute(name);
	}
}

const key = (n) => (n.nodeType === 1 ? n.id || n.dataset?.id || "" : "");
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);

function children(from, to) {
	const known = new Map();
	for (const n of from.children) if (key(n)) known.set(key(n), n);
	let at = from.firstChild;
	for (const next of [...to.childNodes]) {
		const k = key(next);
		const twin = k ? known.get(k) : at && alike(at, next) ? at : null;
		if (twin && twin.nodeName === next.nodeName) {
			if (twin === at) at = at.nextSibling;
			else move(from, twin, at);
			morph(twin, next);
		} else {
			from.insertBefore(next, at);
		}
	}
	while (at) {
		const gone = at;
		at = at.nextSibling;
		gone.remove();
	}
}

// move keeps focus and media alive where the browser can.
function move(parent, node, before) {
	if (parent.moveBefore) parent.moveBefore(node, before);
	else parent.insertBefore(node, before);
}

/** morph changes from into to. */
export function morph(from, to) {
	if (from.isEqualNode(to)) return;
	if (from.nodeType !== 1) {
		if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
		return;
	}
	if (from.localName === "voice-note" && sameFile(from.querySelector("audio")?.getAttribute("src"), to.querySelector("audio")?.getAttribute("src"))) return;
	attributes(from, to);
	if (from.localName === "select" && from !== document.activeElement) queueMicrotask(() => { from.value = [...from.options].find((o) => o.defaultSelected)?.value ?? from.value; });
	children(from, to);
}

/** morphInner changes only what is inside. */
export function morphInner(from, fragment) {
	children(from, fragment);
}
