import { toast, w } from "./util.js";

/** copy puts a button's text on the clipboard, also where the page is not secure. */
export async function copy(button) {
	try {
		await navigator.clipboard.writeText(button.dataset.copy);
	} catch {
		const field = button.parentElement.querySelector("input, textarea");
		field?.select();
		if (!document.execCommand("copy")) return;
	}
	toast(w("copied"));
}
