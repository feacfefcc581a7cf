// Voice notes, countdowns, menus without anchors, opening pictures.
import { $, $$, toast, w } from "./util.js";
import { later } from "./later.js";

const mmss = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

class VoiceNote extends HTMLElement {
	connectedCallback() {
		if (this.audio) return;
		this.audio = $("audio", this);
		this.audio.controls = false;
		this.bar = $("input", this);
		this.button = $("[data-play]", this);
		this.playLabel = this.button.getAttribute("aria-label");
		this.button.onclick = () => (this.audio.paused ? this.play() : this.audio.pause());
		$("[data-speed]", this).onclick = (e) => {
			const next = { 1: 1.5, 1.5: 2, 2: 1 }[this.audio.playbackRate] || 1;
			this.audio.playbackRate = next;
			e.currentTarget.firstElementChild.textContent = `${next}×`;
		};
		this.bar.oninput = () => {
			if (this.length()) this.audio.currentTime = (this.bar.value / 1000) * this.length();
			this.paint();
		};
		for (const t of ["timeupdate", "loadedmetadata", "ended"]) this.audio.addEventListener(t, () => this.paint());
		for (const t of ["play", "pause", "ended"]) this.audio.addEventListener(t, () => this.mark());
		this.audio.addEventListener("error", () => this.audio.src && toast(w("failed")));
	}

	length() {
		return Number.isFinite(this.audio.duration) && this.audio.duration > 0 ? this.audio.duration : Number(this.dataset.seconds);
	}

	play() {
		for (const other of $$("voice-note.playing")) other.audio.pause();
		this.audio.play().catch(() => {});
	}

	mark() {
		const on = !this.audio.paused && !this.audio.ended;
		this.classList.toggle("playing", on);
		this.button.setAttribute("aria-label", on ? this.button.dataset.pause : this.playLabel);
	}

	paint() {
		const part = this.length() ? this.audio.currentTime / this.length() : 0;
		if (document.activeElement !== this.bar || !this.audio.paused) this.bar.value = part * 1000;
		this.bar.style.setProperty("--played", `${part * 100}%`);
		$("[data-time]", this).textContent = mmss(this.audio.currentTime || this.length());
	}
}
customElements.define("voice-note", VoiceNote);

// countdown keeps the window chips true, and closes the composer when time is up.
export function countdown() {
	const now = Date.now();
	for (const chip of $$("[data-until].chip")) {
		const min = Math.floor((chip.dataset.until - now) / 60000);
		const soon = min < 240;
		if (soon) chip.hidden = false;
		if (min < 0) {
			chip.className = "chip closed";
			chip.textContent = w("closed");
			delete chip.dataset.until;
			continue;
		}
		chip.classList.toggle("soon", soon);
		chip.classList.toggle("open", !soon);
		chip.textContent = min < 60 ? w("minutes", min) : w("hours", Math.floor(min / 60), min % 60);
	}
	if ($(".wait")) later().catch(() => {});
	const c = $("#composer");
	if (!c || !$("[data-box]", c)) return;
	const closed = c.dataset.window === "closed" || !(c.dataset.until > now);
	$("[data-box]", c).hidden = closed;
	$("[data-closed-note]", c).hidden = !closed;
}

// place puts a menu beside its button where the browser cannot.
function place(e) {
	const menu = e.target;
	if (e.newState !== "open" || !menu.matches?.(".menu[popover]")) return;
	if (CSS.supports("position-area", "block-end") && menu.id !== "react-menu") return;
	const button = menu.anchor || $(`[popovertarget="${menu.id}"]`);
	if (!button) return;
	const b = button.getBoundingClientRect();
	requestAnimationFrame(() => {
		const m = menu.getBoundingClientRect();
		const x = Math.max(8, Math.min(b.x + b.width / 2 - m.width / 2, innerWidth - m.width - 8));
		const below = b.bottom + 4;
		const y = below + m.height < innerHeight ? below : Math.max(8, b.top - m.height - 4);
		menu.style.setProperty("position-area", "none");
		menu.style.setProperty("inset", `${y}px auto auto ${x}px`);
	});
}

export function listen() {
	document.addEventListener("click", (e) => {
		const pic = e.target.closest("a.picture[data-view]");
		if (pic && !e.ctrlKey && !e.metaKey && $("#viewer")) {
			e.preventDefault();
			later().then((m) => m.view(pic), () => open(pic.href));
		}
		if (e.target.id === "viewer") e.target.close();
		const c = e.target.closest("[data-copy]");
		if (c) later().then((m) => m.copy(c), () => {});
		const m = e.target.closest("#msgs .m");
		for (const t of $$(".m.tapped")) if (t !== m) t.classList.remove("tapped");
		if (m && !e.target.closest("a, button, input, video")) m.classList.toggle("tapped");
	});
	document.addEventListener("toggle", place, true);
	document.addEventListener("badala:changed", countdown);
	setInterval(countdown, 30000);
}
