// Files on their way: checked, sent with progress, cancelled, shown in the tray.
import { el, icon, toast, w } from "./util.js";

const MB = 1 << 20;

function limit(type) {
	if (/^image\/(jpeg|png)$/.test(type)) return 5 * MB;
	if (/^(audio|video)\//.test(type)) return 16 * MB;
	return 100 * MB;
}

/** accept says whether a file can be sent at all; it says why not. */
export function accept(file) {
	if (!file.size) {
		toast(w("emptyfile", file.name));
		return false;
	}
	const most = limit(file.type);
	if (file.size > most) {
		toast(w("toolarge", file.name, `${most / MB} MB`));
		return false;
	}
	return true;
}

/** Upload is one file with its place in the tray; done resolves with the server's answer. A file with a key is there already. */
export class Upload {
	constructor(file, gone) {
		this.file = file;
		this.picture = /^image\//.test(file.type) ? file.url || URL.createObjectURL(file) : "";
		this.bar = el("progress", { max: "100", value: "0", "aria-label": w("uploading") });
		this.gone = gone;
		const remove = el("button", { type: "button", class: "icon-btn", "aria-label": w("remove", file.name), title: w("remove", file.name), onclick: () => this.cancel() }, icon("x"));
		const mark = this.picture ? el("img", { src: this.picture, alt: "" }) : icon("file-text");
		this.item = el("div", { class: "tray-item" }, mark, el("div", {}, el("bdi", { class: "clip" }, file.name), this.bar), remove);
		this.done = this.send();
		this.done.catch(() => {});
	}

	send() {
		if (this.file.key) {
			this.bar.remove();
			return Promise.resolve(this.file);
		}
		return new Promise((resolve, reject) => {
			const x = new XMLHttpRequest();
			this.request = x;
			x.open("POST", "/uploads");
			x.setRequestHeader("X-Fragment", "1");
			x.responseType = "json";
			x.upload.onprogress = (e) => {
				this.bar.value = e.lengthComputable ? (100 * e.loaded) / e.total : 50;
			};
			x.onload = () => {
				if (x.status === 201 || x.status === 200) {
					this.bar.remove();
					resolve(x.response);
				} else this.refuse(x.response?.message || w("failed"), reject);
			};
			x.onerror = () => this.refuse(w("notsent"), reject);
			x.onabort = () => reject(new Error("cancelled"));
			const form = new FormData();
			form.append("file", this.file, this.file.name);
			x.send(form);
		});
	}

	refuse(text, reject) {
		this.item.classList.add("bad");
		this.bar.replaceWith(el("span", { role: "alert" }, text));
		const retry = el("button", { type: "button", class: "btn small" }, w("retry"));
		retry.onclick = () => {
			const next = new Upload(this.file, this.gone);
			this.item.replaceWith(next.item);
			this.replaced?.(next);
		};
		this.item.lastElementChild.before(retry);
		reject(new Error(text));
	}

	cancel() {
		this.request?.abort();
		this.item.remove();
		this.gone(this);
	}
}
