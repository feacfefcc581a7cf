// A template is chosen in a dialog; until its script is here, on a page of its own.
document.addEventListener("click", async (e) => {
	const link = e.target.closest("a[data-write]");
	if (!link || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
	e.preventDefault();
	try {
		(await import("./template.js")).open(link.href);
	} catch {
		location.assign(link.href);
	}
});
