// later brings late.js, once; ready is it when it has come.
export let ready = null;
let coming = null;

/** later resolves with late.js. A failed try is forgotten, so that the next one asks again. */
export function later() {
	coming ??= import("./late.js").then(
		(m) => (ready = m),
		(e) => {
			coming = null;
			throw e;
		},
	);
	return coming;
}
