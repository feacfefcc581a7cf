// The import of contacts: a file is dropped or chosen and goes at once, with its
// progress; what is chosen about how it is read is read again at once.
import { $ } from "./util.js";

const form = $("[data-drop]");

function failed(text) {
	$("[data-busy]", form).hidden = true;
	$(".drop-file", form).hidden = false;
	$("#file-error").textContent = "";
	const line = document.createElement("p");
	line.className = "error";
	line.dir = "auto";
	line.textContent = text;
	$("#file-error").append(line);
	$("[data-choose]", form).focus();
}

// send uploads the file; our answer tells where its page is, or what is wrong.
function send(file) {
	$("#file-error").textContent = "";
	if (file.size > Number(form.dataset.max)) return failed(form.dataset.tooLarge);
	const data = new FormData();
	data.append("file", file, file.name);
	const bar = $("[data-busy] progress", form);
	bar.removeAttribute("value");
	$("[data-name]", form).textContent = file.name;
	$(".drop-file", form).hidden = true;
	$("[data-busy]", form).hidden = false;
	const request = new XMLHttpRequest();
	request.open("POST", form.getAttribute("action"));
	request.setRequestHeader("X-Fragment", "1");
	request.upload.onprogress = (e) => {
		if (e.lengthComputable && e.loaded < e.total) bar.value = (e.loaded / e.total) * 100;
		else bar.removeAttribute("value"); // it is being looked at
	};
	request.onerror = () => failed(form.dataset.failed);
	request.onload = () => {
		let answer = {};
		try {
			answer = JSON.parse(request.responseText);
		} catch {
			// no sentence of ours
		}
		if (answer.url) location.assign(answer.url);
		else failed(answer.message || form.dataset.failed);
	};
	request.send(data);
}

function drop() {
	const input = $("input[type=file]", form);
	const choose = $("[data-choose]", form);
	input.classList.add("sr");
	input.tabIndex = -1;
	$("[data-send]", form).hidden = true;
	choose.hidden = false;
	choose.addEventListener("click", () => input.click());
	input.addEventListener("change", () => {
		if (input.files[0]) send(input.files[0]);
		input.value = "";
	});
	let depth = 0;
	const over = (n) => {
		depth = n;
		form.classList.toggle("over", n > 0);
	};
	const hasFile = (e) => e.dataTransfer?.types.includes("Files");
	// Anywhere on the page will do.
	document.addEventListener("dragenter", (e) => hasFile(e) && over(depth + 1));
	document.addEventListener("dragleave", (e) => hasFile(e) && over(Math.max(depth - 1, 0)));
	document.addEventListener("dragover", (e) => hasFile(e) && e.preventDefault());
	document.addEventListener("drop", (e) => {
		if (!hasFile(e)) return;
		e.preventDefault();
		over(0);
		if (e.dataTransfer.files[0]) send(e.dataTransfer.files[0]);
	});
}

if (form) drop();
document.addEventListener("change", (e) => {
	if (e.target.form?.matches("[data-read]")) e.target.form.requestSubmit();
	if (!e.target.matches("[data-column]")) return;
	const cell = e.target.closest("th");
	const at = cell.cellIndex;
	const off = e.target.value === "ignore";
	for (const row of cell.closest("table").rows) row.cells[at]?.classList.toggle("off", off);
});
